import type { ParkedEvent } from '../../store/store.ts';
import type { RewindTo } from './rewind.ts';

export interface ParkedOptions {
  /** Events at most, up to 1,000; 100 when left out. Large ones end the list at 8 MB. */
  readonly limit?: number | undefined;
}

/** Which parked order is meant. */
export interface ParkedLane {
  readonly orderId: string;
  /** The option `defaultTenantId` when left out. */
  readonly tenantId?: string | undefined;
}

/**
 * What an operator can do about subscriptions: about events that handlers refused for good, and
 * about the places where they stand. All of it works from any process that uses the store; what
 * another one works on is followed there within seconds.
 */
export interface ParkingLot {
  /** Parked events, by tenant, order and version. */
  parked(name: string, options?: ParkedOptions): Promise<readonly ParkedEvent[]>;
  /**
   * Tries parked events again, of one order or of all, each order's in turn; the later ones of
   * the order go on behind. Gives the number of orders; `idle` waits for those that this engine
   * works on. Asking while they are being tried has them tried once more. When nobody runs the
   * subscription, they are tried when it starts.
   *
   * @throws OrderchartError `subscriptionUnknown` when nobody has ever run it.
   */
  retry(name: string, lane?: ParkedLane): Promise<number>;
  /**
   * Gives up on one event: it is not handled by this subscription. What waited behind it goes
   * on. False when it was not parked.
   *
   * @throws OrderchartError `subscriptionUnknown` when nobody has ever run it.
   */
  skip(name: string, eventId: string): Promise<boolean>;
  /**
   * Moves a subscription to another place in the feed, back to handle events again or forwards to
   * pass over some, while it runs. Parked orders stay parked: what comes again of them is parked
   * behind, and `retry` handles all of it in order.
   *
   * @throws OrderchartError `subscriptionUnknown` when nobody has ever run it; `invalidArgument`
   * for a place that the feed does not have.
   *
   * @example
   * await engine.subscriptions.rewind('search-index', { time: Date.UTC(2026, 0, 1) });
   */
  rewind(name: string, from: RewindTo): Promise<void>;
  /**
   * Removes a subscription that is not needed any more: its places and its parked events. False,
   * and nothing is removed, while it runs in any process (for as long as a lease lasts after a
   * crash).
   */
  remove(name: string): Promise<boolean>;
}
