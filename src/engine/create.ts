import { compileRules } from '../rules/index.ts';
import type { OrderRules } from '../rules/types.ts';
import type { OrderStore } from '../store/store.ts';
import { Engine } from './engine.ts';
import { HistoryWatch } from './kernel/history-watch.ts';
import type { Logger } from './kernel/logger.ts';
import { StoreClock } from './kernel/store-clock.ts';
import { type EngineSettings, settingsFrom } from './options.ts';

/** Checks the options, compiles the rules, opens the store and starts the engine. */
export async function createEngine(
  options: unknown,
  defaultStore: () => OrderStore,
): Promise<Engine> {
  const settings = settingsFrom(options, defaultStore);
  const { extensions, policy, maximumChartEntries } = settings;
  return startEngine(settings, compileRules({ extensions, policy, maximumChartEntries }));
}

/** Opens the store and starts an engine with these rules. */
export async function startEngine(settings: EngineSettings, rules: OrderRules): Promise<Engine> {
  const { clock: hostClock, logger } = settings;
  const history = new HistoryWatch(settings.store, hostClock, logger);
  const { store } = history;
  await store.open();
  try {
    const storeClock = await StoreClock.start(store, hostClock, logger);
    const clock = storeClock ?? hostClock;
    warnOfHistory(store, logger);
    const engine = new Engine({ ...settings, store, clock, hostClock, storeClock, history }, rules);
    await engine.start();
    return engine;
  } catch (error) {
    await store.close().catch(() => {});
    throw error;
  }
}

/** Warns about a store that does not detect when its history changes. */
function warnOfHistory({ name, features }: OrderStore, logger: Logger): void {
  if (!features.durable || features.failover === true) return;
  logger.warn(
    'The store does not detect when its history changes; restart every process after a restore or failover.',
    { store: name },
  );
}
