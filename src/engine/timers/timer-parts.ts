import type { OrderStore } from '../../store/store.ts';
import type { Activity } from '../kernel/activity.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { FireDeadline } from './timer-firing.ts';

/** The dependencies of the timers. */
export interface TimerParts {
  readonly store: OrderStore;
  readonly clock: Clock;
  readonly activity: Activity;
  readonly logger: Logger;
  readonly random: () => number;
  /** Identifies this engine among those that fire deadlines. */
  readonly owner: string;
  readonly fire: FireDeadline;
}
