import { isOrderchartError, OrderchartError } from '../../errors.ts';
import { deepFreeze } from '../../order/freeze.ts';
import type { OrderKey, OrderRecord, OrderStore, TransactionStore } from '../../store/store.ts';
import { laneKey } from '../kernel/keys.ts';
import type { TaskRequest } from './task.ts';

interface Load {
  readonly key: OrderKey;
  readonly promise: Promise<OrderRecord | undefined>;
  readonly resolve: (record: OrderRecord | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Bounds the memory of orders that are read at the same time. Other requests wait. */
const keysPerCall = 32;
const callsAtOnce = 4;

/**
 * Loads orders. Requests of the same turn share calls of the store: up to 32 orders a call, up to 4
 * calls at once.
 */
export class OrderLoader {
  readonly #store: OrderStore;
  readonly #check: (record: OrderRecord) => void;
  /** Requested and not sent yet, in the order of the requests. */
  readonly #requested = new Map<string, Load>();
  #calls = 0;

  /** @param check Throws when the engine cannot work with this record. */
  constructor(store: OrderStore, check: (record: OrderRecord) => void) {
    this.#store = store;
    this.#check = check;
  }

  /** Reads the order from the store. */
  load(tenantId: string, orderId: string): Promise<OrderRecord | undefined> {
    const name = laneKey(tenantId, orderId);
    let load = this.#requested.get(name);
    if (load === undefined) {
      load = { key: { tenantId, orderId }, ...Promise.withResolvers<OrderRecord | undefined>() };
      this.#requested.set(name, load);
      if (this.#requested.size === 1) queueMicrotask(() => this.#sendAll());
    }
    return load.promise;
  }

  /** Reads the order of a task, in its transaction when it has one. */
  loadFor({ tenantId, orderId, transaction }: TaskRequest): Promise<OrderRecord | undefined> {
    return transaction === undefined
      ? this.load(tenantId, orderId)
      : this.#loadWithin(transaction, { tenantId, orderId });
  }

  async #loadWithin(
    transaction: TransactionStore,
    key: OrderKey,
  ): Promise<OrderRecord | undefined> {
    const [record] = await transaction.load([key]);
    if (record !== undefined) this.#check(record);
    return deepFreeze(record);
  }

  #sendAll(): void {
    while (this.#requested.size > 0 && this.#calls < callsAtOnce) void this.#call(this.#take());
  }

  #take(): readonly Load[] {
    const names = [...this.#requested.keys().take(keysPerCall)];
    return names.map((name) => {
      const load = this.#requested.get(name) as Load;
      this.#requested.delete(name);
      return load;
    });
  }

  async #call(loads: readonly Load[]): Promise<void> {
    this.#calls += 1;
    await this.#loadBatch(loads);
    this.#calls -= 1;
    this.#sendAll();
  }

  async #loadBatch(loads: readonly Load[]): Promise<void> {
    try {
      const records = await this.#store.load(loads.map(({ key }) => key));
      if (records.length !== loads.length) throw this.#miscounted(loads.length, records.length);
      for (const [at, load] of loads.entries()) this.#answer(load, records[at]);
    } catch (error) {
      await this.#fail(loads, error);
    }
  }

  /** One order of a call may be corrupt: the orders are read one by one, so that only it fails. */
  async #fail(loads: readonly Load[], error: unknown): Promise<void> {
    const mayBeOne = loads.length > 1 && isOrderchartError(error, 'storeCorrupt');
    for (const load of loads) {
      if (mayBeOne) await this.#loadBatch([load]);
      else load.reject(error);
    }
  }

  #answer(load: Load, record: OrderRecord | undefined): void {
    try {
      if (record !== undefined) this.#check(record);
      // Frozen, because callers share it with the cache.
      load.resolve(deepFreeze(record));
    } catch (error) {
      load.reject(error);
    }
  }

  #miscounted(asked: number, answered: number): OrderchartError {
    return new OrderchartError(
      'storeDefect',
      `The store '${this.#store.name}' returned ${answered} records for ${asked} keys.`,
      { details: { asked, answered } },
    );
  }
}
