import { z } from 'zod';
import { OrderchartError } from '../../errors.ts';
import { idSchema } from '../../order/schemas.ts';
import type { ParkedEvent } from '../../store/store.ts';
import { checkArgument } from '../contract/arguments.ts';
import type { Tenants } from '../tenants.ts';
import {
  projectionSettings,
  type SubscriptionSettings,
  subscriptionNameSchema,
  subscriptionSettings,
} from './options.ts';
import type { ParkingLot } from './parking-lot.ts';
import type { ConsumerParts, SubscriptionParts } from './parts.ts';
import { ProjectionWorker } from './projections/projection-worker.ts';
import { rewindTargets } from './rewind.ts';
import { RunningSubscription, type Subscription, subscriptionUnknown } from './subscription.ts';

/** The most bytes of JSON that `parked` returns. */
const parkedBytes = 8_000_000;

const parkedSchema = z.strictObject({ limit: z.int().min(1).max(1000).default(100) }).prefault({});
const laneSchema = z.strictObject({ orderId: idSchema, tenantId: idSchema.optional() }).optional();

interface NamedSubscription {
  readonly checked: string;
  /** `undefined` when it does not run in this engine. */
  readonly running: RunningSubscription | undefined;
}

/** The subscriptions of one engine, by name. */
export class Subscriptions implements ParkingLot {
  readonly #parts: SubscriptionParts;
  readonly #tenants: Tenants;
  readonly #running = new Map<string, Promise<RunningSubscription>>();
  /** The running ones; a set, because every commit wakes them. */
  readonly #awake = new Set<RunningSubscription>();

  constructor(parts: SubscriptionParts, tenants: Tenants) {
    this.#parts = parts;
    this.#tenants = tenants;
  }

  async subscribe(options: unknown): Promise<Subscription> {
    return this.#start(subscriptionSettings(options));
  }

  async project(options: unknown): Promise<Subscription> {
    const { batchSize, ...settings } = projectionSettings(options);
    const { name, subscriptions } = this.#parts.store;
    const { project } = subscriptions;
    if (project === undefined) throw noProjections(name);
    return this.#start(settings, (...args) => new ProjectionWorker(...args, project, batchSize));
  }

  async #start(
    settings: SubscriptionSettings,
    newWorker?: ConsumerParts['newWorker'],
  ): Promise<Subscription> {
    const { name } = settings;
    if (this.#running.has(name)) throw alreadyRunning(name);
    const forget = (): void => this.#forget(name, starting);
    const starting = RunningSubscription.start(this.#parts, settings, forget, newWorker);
    this.#running.set(name, starting);
    try {
      const subscription = await this.#parts.activity.during(starting);
      this.#awake.add(subscription);
      // Commits during its start did not wake it.
      subscription.wake();
      return subscription;
    } catch (error) {
      this.#running.delete(name);
      throw error;
    }
  }

  /** Called when this engine has committed something. */
  wake(): void {
    for (const subscription of this.#awake) subscription.wake();
  }

  /** Called when another process may have committed something, or released a lease. */
  heard(): void {
    for (const subscription of this.#awake) subscription.heard();
  }

  /** Starts over at the store's checkpoints when those are `ready`. */
  async reset(ready: Promise<void>): Promise<void> {
    await Promise.all([...this.#awake].map((subscription) => subscription.reset(ready)));
  }

  async parked(name: unknown, options?: unknown): Promise<readonly ParkedEvent[]> {
    const checked = checkArgument(subscriptionNameSchema, name, 'name of the subscription');
    const { limit } = checkArgument(parkedSchema, options, 'options of parked');
    return this.#parts.store.subscriptions.parked(checked, limit, undefined, parkedBytes);
  }

  async retry(name: unknown, lane?: unknown): Promise<number> {
    const { checked, running } = await this.#named(name);
    const wanted = checkArgument(laneSchema, lane, 'order to retry');
    const key = wanted && {
      tenantId: this.#tenants.of(wanted.tenantId),
      orderId: wanted.orderId,
    };
    // In the store, where a process that works on the partition finds it.
    const count = await this.#parts.store.subscriptions.requeue(checked, key);
    running?.retry(key);
    return count;
  }

  async skip(name: unknown, eventId: unknown): Promise<boolean> {
    const { checked, running } = await this.#named(name);
    const id = checkArgument(idSchema, eventId, 'event id');
    const wasParked = await this.#parts.store.subscriptions.skip(checked, id);
    if (wasParked) await running?.refreshParked();
    return wasParked;
  }

  async rewind(name: unknown, from: unknown): Promise<void> {
    const { store } = this.#parts;
    const { checked, running } = await this.#named(name);
    const targets = await rewindTargets(store, from);
    await Promise.all(
      targets.map(({ partition, position }) => {
        const rewind = () => store.subscriptions.rewind(checked, partition, position);
        return running === undefined ? rewind() : running.pausedFor(partition, rewind);
      }),
    );
  }

  async remove(name: unknown): Promise<boolean> {
    const checked = checkArgument(subscriptionNameSchema, name, 'name of the subscription');
    const { store, clock } = this.#parts;
    return !this.#running.has(checked) && store.subscriptions.remove(checked, clock.now());
  }

  async close(): Promise<void> {
    const closing = [...this.#running.values()].map(async (starting) => {
      // The caller of `subscribe` knows when it could not start.
      const subscription = await starting.catch(() => undefined);
      await subscription?.close();
    });
    await Promise.all(closing);
  }

  /** Finds a subscription that runs here, or that the store knows. */
  async #named(name: unknown): Promise<NamedSubscription> {
    const checked = checkArgument(subscriptionNameSchema, name, 'name of the subscription');
    const running = await this.#running.get(checked);
    if (running === undefined) {
      const places = await this.#parts.store.subscriptions.checkpoints(checked);
      if (places.length === 0) throw subscriptionUnknown(checked);
    }
    return { checked, running };
  }

  #forget(name: string, starting: Promise<RunningSubscription>): void {
    if (this.#running.get(name) === starting) this.#running.delete(name);
    for (const subscription of this.#awake) {
      if (subscription.name === name) this.#awake.delete(subscription);
    }
  }
}

function noProjections(store: string): OrderchartError {
  return new OrderchartError(
    'invalidArgument',
    `The store '${store}' has no transactions, so a projection cannot write its checkpoint in one. ` +
      'Use subscribe, with a handler that may get an event twice.',
    { details: { store } },
  );
}

function alreadyRunning(name: string): OrderchartError {
  return new OrderchartError(
    'invalidArgument',
    `A subscription '${name}' already runs in this engine; use another name, or close that one.`,
    { details: { name } },
  );
}
