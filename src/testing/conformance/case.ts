import type { OrderStore, StoreFeatures } from '../../store/store.ts';
import { fillFeed } from './given.ts';

/** A transaction that the host has started with its own client, on the data of the store. */
export interface HostTransaction {
  /** The value that the store takes as `transaction`. */
  readonly transaction: unknown;
  /** Commits it. */
  commit(): Promise<void>;
  /** Rolls it back. */
  rollBack(): Promise<void>;
}

/** The tools of a case. Each case gets its own store, open and empty. */
export interface ConformanceContext {
  /** The opened store that the case tests. */
  readonly store: OrderStore;
  /** Another store, open and empty, that shares nothing with the first one. */
  fresh(): Promise<OrderStore>;
  /** Another open handle on the data of `store`, as a second process would have. */
  share(): Promise<OrderStore>;
  /** Opens `count` handles on new, empty data at the same time. */
  openTogether(count: number): Promise<readonly OrderStore[]>;
  /** Closes `store` and opens its data again. */
  reopen(): Promise<OrderStore>;
  /** Starts a transaction of the host on the data of `store`. */
  begin(): Promise<HostTransaction>;
}

/** One requirement for stores. */
export interface StoreConformanceCase {
  /** The title of the case. */
  readonly name: string;
  /** The title of its group. */
  readonly group: string;
  /** The feature without which the case does not apply. */
  readonly needs?: Exclude<keyof StoreFeatures, 'partitions'>;
  /** Runs the case. Rejects if the store fails it. */
  readonly run: (context: ConformanceContext) => Promise<void>;
}

/** Creates the cases of a group from their names and bodies. */
export function casesOf(
  group: string,
  bodies: Readonly<Record<string, StoreConformanceCase['run']>>,
  needs?: StoreConformanceCase['needs'],
): readonly StoreConformanceCase[] {
  return Object.entries(bodies).map(([name, run]) =>
    needs === undefined ? { name, group, run } : { name, group, needs, run },
  );
}

/** Like {@link casesOf}, but each case gets a store whose feed has events of unrelated orders. */
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
