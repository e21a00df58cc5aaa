import { Engine } from './engine.ts';
import { guardedStore } from './guarded-store.ts';
import type { EngineSettings } from './options.ts';
import type { OrderRules } from './rules/types.ts';
import { StoreClock } from './store-clock.ts';

/** Opens the store and starts an engine with these rules. */
export async function startEngine(settings: EngineSettings, rules: OrderRules): Promise<Engine> {
  const store = guardedStore(settings.store);
  await store.open();
  const { clock: hostClock, logger } = settings;
  try {
    const storeClock = await StoreClock.start(store, hostClock, logger);
    const clock = storeClock ?? hostClock;
    const engine = new Engine({ ...settings, store, clock, hostClock, storeClock }, rules);
    await engine.start();
    return engine;
  } catch (error) {
    await store.close().catch(() => {});
    throw error;
  }
}
