import type { OrderStore, StoreFeatures } from '../../store/store.ts';
import { fillFeed } from './given.ts';

/** A transaction that a host has begun, with its own means, on the data of the store. */
export interface HostTransaction {
  /** What the store takes as `transaction`. */
  readonly transaction: unknown;
  /** Commits it. */
  commit(): Promise<void>;
  /** Rolls it back. */
  rollBack(): Promise<void>;
}

/** What a case can work with. Each case gets a store of its own, open and empty. */
export interface ConformanceContext {
  /** The opened store that the case tests. */
  readonly store: OrderStore;
  /** Another store, open and empty, with nothing in common with the first. */
  fresh(): Promise<OrderStore>;
  /** Another open handle on the data of `store`, as a second process would have. */
  share(): Promise<OrderStore>;
  /** So many handles on new, empty data, all opened at once. */
  openTogether(count: number): Promise<readonly OrderStore[]>;
  /** Closes `store` and opens its data again. */
  reopen(): Promise<OrderStore>;
  /** Begins a transaction of the host's on the data of `store`. */
  begin(): Promise<HostTransaction>;
}

/** One thing that a store must keep, under a name that stays the same between versions. */
export interface StoreConformanceCase {
  /** The title of the case. */
  readonly name: string;
  /** The title of its group. */
  readonly group: string;
  /** The feature without which the case does not apply. */
  readonly needs?: Exclude<keyof StoreFeatures, 'partitions'>;
  /** Runs it; rejects when the store fails it. */
  readonly run: (context: ConformanceContext) => Promise<void>;
}

/** Makes the cases of one group from their names and bodies. */
export function casesOf(
  group: string,
  bodies: Readonly<Record<string, StoreConformanceCase['run']>>,
  needs?: StoreConformanceCase['needs'],
): readonly StoreConformanceCase[] {
  return Object.entries(bodies).map(([name, run]) =>
    needs === undefined ? { name, group, run } : { name, group, needs, run },
  );
}

/** The same, each on a store whose feed has events of orders that they do not ask for. */
export function filledCasesOf(
  ...given: Parameters<typeof casesOf>
): readonly StoreConformanceCase[] {
  return casesOf(...given).map((one) => ({
    ...one,
    run: async (context) => {
      await fillFeed(context.store);
      await one.run(context);
    },
  }));
}
