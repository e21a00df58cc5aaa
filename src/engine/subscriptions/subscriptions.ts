import { z } from 'zod';
import { OrderchartError } from '../../errors.ts';
import { idSchema } from '../../order/schemas.ts';
import type { ParkedEvent } from '../../store/store.ts';
import { checkArgument } from '../arguments.ts';
import { subscriptionNameSchema, subscriptionSettings } from './options.ts';
import type { SubscriptionParts } from './parts.ts';
import { RunningSubscription, type Subscription, subscriptionUnknown } from './subscription.ts';

export interface ParkedOptions {
  /** Events at most, up to 1,000; 100 when left out. */
  readonly limit?: number | undefined;
}

/** Which parked order is meant. */
export interface ParkedLane {
  readonly orderId: string;
  /** The option `defaultTenantId` when left out. */
  readonly tenantId?: string | undefined;
}

/** What an operator can do about events that handlers refused for good. */
export interface ParkingLot {
  /** Parked events, by tenant, order and version. */
  parked(name: string, options?: ParkedOptions): Promise<readonly ParkedEvent[]>;
  /**
   * Tries parked events again, of one order or of all, each order's in turn; the later ones of
   * the order go on behind. Gives the number of orders that this engine tries now; `idle` waits
   * for them.
   *
   * @throws OrderchartError `subscriptionUnknown` when it does not run in this engine.
   */
  retry(name: string, lane?: ParkedLane): Promise<number>;
  /**
   * Gives up on one event: it is not handled by this subscription. What waited behind it goes
   * on. False when it was not parked.
   *
   * @throws OrderchartError `subscriptionUnknown` when it does not run in this engine.
   */
  skip(name: string, eventId: string): Promise<boolean>;
}

const parkedSchema = z.strictObject({ limit: z.int().min(1).max(1000).default(100) }).prefault({});
const laneSchema = z.strictObject({ orderId: idSchema, tenantId: idSchema.optional() }).optional();

/** The subscriptions of one engine, by name. */
export class Subscriptions implements ParkingLot {
  readonly #parts: SubscriptionParts;
  readonly #graceMs: number;
  readonly #defaultTenantId: string;
  readonly #running = new Map<string, Promise<RunningSubscription>>();
  /** The same, once they run: waking them is on the way of every batch. */
  readonly #awake = new Set<RunningSubscription>();

  constructor(parts: SubscriptionParts, graceMs: number, defaultTenantId: string) {
    this.#parts = parts;
    this.#graceMs = graceMs;
    this.#defaultTenantId = defaultTenantId;
  }

  async subscribe(options: unknown): Promise<Subscription> {
    const settings = subscriptionSettings(options);
    const { name } = settings;
    if (this.#running.has(name)) throw alreadyRunning(name);
    const starting = RunningSubscription.start(this.#parts, settings, this.#graceMs, () =>
      this.#forget(name, starting),
    );
    this.#running.set(name, starting);
    try {
      const subscription = await this.#parts.activity.during(starting);
      this.#awake.add(subscription);
      // What was committed while it started has woken nobody.
      subscription.wake();
      return subscription;
    } catch (error) {
      this.#running.delete(name);
      throw error;
    }
  }

  /** Something was committed. */
  wake(): void {
    for (const subscription of this.#awake) subscription.wake();
  }

  async parked(name: unknown, options?: unknown): Promise<readonly ParkedEvent[]> {
    const checked = checkArgument(subscriptionNameSchema, name, 'name of the subscription');
    const { limit } = checkArgument(parkedSchema, options, 'options of parked');
    return this.#parts.store.subscriptions.parked(checked, limit);
  }

  async retry(name: unknown, lane?: unknown): Promise<number> {
    const subscription = await this.#named(name);
    const wanted = checkArgument(laneSchema, lane, 'order to retry');
    const { subscriptions } = this.#parts.store;
    const keys =
      wanted === undefined
        ? await subscriptions.parkedLanes(subscription.name)
        : [{ tenantId: wanted.tenantId ?? this.#defaultTenantId, orderId: wanted.orderId }];
    const heads = await Promise.all(
      keys.map((key) => subscriptions.parked(subscription.name, 1, key)),
    );
    return subscription.retry(
      heads.flat().map(({ partition, event: { tenantId, orderId } }) => ({
        partition,
        tenantId,
        orderId,
      })),
    );
  }

  async skip(name: unknown, eventId: unknown): Promise<boolean> {
    const subscription = await this.#named(name);
    const id = checkArgument(idSchema, eventId, 'event id');
    const { subscriptions } = this.#parts.store;
    const wasParked = await subscriptions.unpark(subscription.name, id);
    if (wasParked) await subscription.refreshParked();
    return wasParked;
  }

  async close(): Promise<void> {
    const closing = [...this.#running.values()].map(async (starting) => {
      // One that could not start has told its caller so.
      const subscription = await starting.catch(() => undefined);
      await subscription?.close();
    });
    await Promise.all(closing);
  }

  async #named(name: unknown): Promise<RunningSubscription> {
    const checked = checkArgument(subscriptionNameSchema, name, 'name of the subscription');
    const subscription = this.#running.get(checked);
    if (subscription === undefined) throw subscriptionUnknown(checked);
    return subscription;
  }

  #forget(name: string, starting: Promise<RunningSubscription>): void {
    if (this.#running.get(name) === starting) this.#running.delete(name);
    for (const subscription of this.#awake) {
      if (subscription.name === name) this.#awake.delete(subscription);
    }
  }
}

function alreadyRunning(name: string): OrderchartError {
  return new OrderchartError(
    'invalidArgument',
    `A subscription '${name}' runs in this engine already; names are unique.`,
    { details: { name } },
  );
}
