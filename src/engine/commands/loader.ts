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

/** What is read at once stays in memory however large the orders are; the others wait. */
const keysPerCall = 32;
const callsAtOnce = 4;

/**
 * Loads orders: those that are asked for in the same turn travel to the store together, so many in
 * a call and so many calls at once.
 */
export class OrderLoader {
  readonly #store: OrderStore;
  readonly #check: (record: OrderRecord) => void;
  /** Asked for, and not on the way yet; in the order of asking. */
  readonly #asked = new Map<string, Load>();
  #calls = 0;

  /** @param check Throws when the engine cannot work with this record. */
  constructor(store: OrderStore, check: (record: OrderRecord) => void) {
    this.#store = store;
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
    while (this.#asked.size > 0 && this.#calls < callsAtOnce) void this.#call(this.#take());
  }

  #take(): readonly Load[] {
    const names = [...this.#asked.keys().take(keysPerCall)];
    return names.map((name) => {
      const load = this.#asked.get(name) as Load;
      this.#asked.delete(name);
      return load;
    });
  }

  async #call(loads: readonly Load[]): Promise<void> {
    this.#calls += 1;
    await this.#loadBatch(loads);
    this.#calls -= 1;
    this.#travel();
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

  /** Of orders that travel together one may be damaged: the others are asked for without it. */
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
