import { OrderchartError } from '../../errors.ts';
import type { OrderKey, OrderRecord, OrderStore, TransactionStore } from '../../store/store.ts';
import { deepFreeze } from '../freeze.ts';
import { laneKey } from '../keys.ts';
import type { TaskRequest } from './task.ts';

interface Load {
  readonly key: OrderKey;
  readonly promise: Promise<OrderRecord | undefined>;
  readonly resolve: (record: OrderRecord | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Loads orders: all that are asked for in the same turn travel to the store together. */
export class OrderLoader {
  readonly #store: OrderStore;
  readonly #batchSize: number;
  readonly #check: (record: OrderRecord) => void;
  #asked = new Map<string, Load>();

  /** @param check Throws when the engine cannot work with this record. */
  constructor(store: OrderStore, batchSize: number, check: (record: OrderRecord) => void) {
    this.#store = store;
    this.#batchSize = batchSize;
    this.#check = check;
  }

  /** The order as the store has it now. */
  load(tenantId: string, orderId: string): Promise<OrderRecord | undefined> {
    const name = laneKey(tenantId, orderId);
    let load = this.#asked.get(name);
    if (load === undefined) {
      load = { key: { tenantId, orderId }, ...Promise.withResolvers<OrderRecord | undefined>() };
      this.#asked.set(name, load);
      if (this.#asked.size === 1) queueMicrotask(() => this.#travel());
    }
    return load.promise;
  }

  /** The order of a request, as its transaction sees it when it has one. */
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

  #travel(): void {
    const loads = [...this.#asked.values()];
    this.#asked = new Map();
    for (let at = 0; at < loads.length; at += this.#batchSize) {
      void this.#loadBatch(loads.slice(at, at + this.#batchSize));
    }
  }

  async #loadBatch(loads: readonly Load[]): Promise<void> {
    try {
      const records = await this.#store.load(loads.map(({ key }) => key));
      if (records.length !== loads.length) throw this.#miscounted(loads.length, records.length);
      for (const [at, load] of loads.entries()) this.#answer(load, records[at]);
    } catch (error) {
      for (const load of loads) load.reject(error);
    }
  }

  #answer(load: Load, record: OrderRecord | undefined): void {
    try {
      if (record !== undefined) this.#check(record);
      // It goes to the cache as well as to callers, who must not reach into the cache.
      load.resolve(deepFreeze(record));
    } catch (error) {
      load.reject(error);
    }
  }

  #miscounted(asked: number, answered: number): OrderchartError {
    return new OrderchartError(
      'storeDefect',
      `The store '${this.#store.name}' answered ${answered} of ${asked} loads.`,
      { details: { asked, answered } },
    );
  }
}
