import type { Clock } from './kernel/clock.ts';
import type { HistoryWatch } from './kernel/history-watch.ts';
import type { StoreClock } from './kernel/store-clock.ts';
import type { EngineSettings } from './options.ts';

/** The settings, with what starting the engine made of them. */
export interface RunningSettings extends EngineSettings {
  /** The option `clock`, while `clock` is the same one corrected to the store's. */
  readonly hostClock: Clock;
  /** Corrects the clock, when the store has one. */
  readonly storeClock: StoreClock | undefined;
  readonly history: HistoryWatch;
}
