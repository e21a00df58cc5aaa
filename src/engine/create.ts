import { compileRules } from '../rules/index.ts';
import type { OrderStore } from '../store/store.ts';
import type { Engine } from './engine.ts';
import { settingsFrom } from './options.ts';
import { startEngine } from './start.ts';

/** Checks the options, compiles the rules, opens the store and starts the engine. */
export async function createEngine(
  options: unknown,
  defaultStore: () => OrderStore,
): Promise<Engine> {
  const settings = settingsFrom(options, defaultStore);
  const { extensions, policy, maximumChartEntries } = settings;
  return startEngine(settings, compileRules({ extensions, policy, maximumChartEntries }));
}
