import type { ParkedEvent } from '../../store/store.ts';
import type { RewindTo } from './rewind.ts';

/** The options of {@link ParkingLot.parked}. */
export interface ParkedOptions {
  /** The most events to return: 1 to 1,000, by default 100. The list ends at about 8 MB of events. */
  readonly limit?: number | undefined;
}

/** A parked order, for {@link ParkingLot.retry}. */
export interface ParkedLane {
  /** The id of the order. */
  readonly orderId: string;
  /** By default the engine's option `defaultTenantId`. */
  readonly tenantId?: string | undefined;
}

/**
 * Operations on subscriptions: on their parked events, and on their positions in the feed. Every
 * method works from any process that uses the store; a process that works on the partition follows
 * within seconds. Every method throws `invalidArgument` for an invalid name.
 *
 * @example
 * for (const { event, error } of await engine.subscriptions.parked('mailer')) {
 *   print(event.orderId, event.type, error);
 * }
 * await engine.subscriptions.retry('mailer', { orderId });
 */
export interface ParkingLot {
  /**
   * Returns parked events, by tenant, order and version. `error` is null for those that only wait
   * behind another event of their order.
   */
  parked(name: string, options?: ParkedOptions): Promise<readonly ParkedEvent[]>;
  /**
   * Tries the parked events of one order, or of all, again, in order; later events of the order
   * follow. Returns the number of orders. A retry during another one is not lost. If the
   * subscription runs in no process, they are tried when it starts. `engine.idle` waits for those
   * in this process.
   *
   * @throws OrderchartError `subscriptionUnknown` when it has never run; `invalidArgument`.
   */
  retry(name: string, lane?: ParkedLane): Promise<number>;
  /**
   * Drops one parked event: the subscription never handles it, and continues with the events
   * behind it. False when it was not parked.
   *
   * @throws OrderchartError `subscriptionUnknown` when it has never run; `invalidArgument`.
   */
  skip(name: string, eventId: string): Promise<boolean>;
  /**
   * Moves a subscription to another place in the feed, back to handle events again or forward to
   * skip some, while it runs. Parked orders stay parked: their events that are read again are
   * parked behind, and `retry` handles all of them in order.
   *
   * @throws OrderchartError `subscriptionUnknown` when it has never run; `invalidArgument` for a
   * place that the feed does not have.
   *
   * @example
   * await engine.subscriptions.rewind('search-index', { time: Date.UTC(2026, 0, 1) });
   */
  rewind(name: string, from: RewindTo): Promise<void>;
  /**
   * Removes a subscription that is no longer needed, with its place and its parked events. Returns
   * false, and removes nothing, while it runs in any process; after a crash, until its leases
   * expire.
   */
  remove(name: string): Promise<boolean>;
}
