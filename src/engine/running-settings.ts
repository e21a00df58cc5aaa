import type { Clock } from './kernel/clock.ts';
import type { HistoryWatch } from './kernel/history-watch.ts';
import type { StoreClock } from './kernel/store-clock.ts';
import type { EngineSettings } from './options.ts';

/** The settings, and the clocks that come of them. */
export interface RunningSettings extends EngineSettings {
  /** As the host gave it; `clock` is the same one, corrected to the store's. */
  readonly hostClock: Clock;
  /** What corrects it, for stores that have a clock. */
  readonly storeClock: StoreClock | undefined;
  readonly history: HistoryWatch;
}
