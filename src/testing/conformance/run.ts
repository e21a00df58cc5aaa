import assert from 'node:assert/strict';
import type { OrderStore, StoreFeatures } from '../../store/store.ts';
import type { ConformanceContext, HostTransaction, StoreConformanceCase } from './case.ts';

/** A store under test, and further access to its data. */
export interface StoreUnderTest {
  /** A new store on new, empty data; not yet open. */
  readonly store: OrderStore;
  /** Makes another handle on the same data. Required if the store is durable or shared. */
  readonly again?: () => OrderStore | Promise<OrderStore>;
  /** Starts a transaction of the host on the same data. Required if the features say transactions. */
  readonly begin?: () => HostTransaction | Promise<HostTransaction>;
  /** Removes the data. Every handle has been closed by then. */
  readonly dispose?: () => void | Promise<void>;
}

/** Makes a {@link StoreUnderTest}. Each case calls it once or more. */
export type StoreFactory = () => StoreUnderTest | Promise<StoreUnderTest>;

/** Runs one case on its own store, and closes everything it opened. Rejects if the case fails. */
export async function runStoreConformanceCase(
  conformanceCase: StoreConformanceCase,
  createStore: StoreFactory,
): Promise<void> {
  const subjects: StoreUnderTest[] = [];
  const opened: OrderStore[] = [];
  const begun: OpenTransaction[] = [];
  const open = async (store: OrderStore) => {
    opened.push(store);
    const startedAt = performance.now();
    await store.open();
    warnIfSlow(createStore, performance.now() - startedAt);
    return store;
  };
  const fresh = async () => {
    const subject = await createStore();
    subjects.push(subject);
    return { subject, store: await open(subject.store) };
  };
  try {
    const { subject, store } = await fresh();
    const openTogether = async (count: number) => {
      const other = await createStore();
      subjects.push(other);
      const stores = [other.store];
      while (stores.length < count) stores.push(await anotherHandle(other));
      // Wait for all, even if one fails: a store that opens later could not be closed.
      const results = await Promise.allSettled(stores.map(open));
      return results.map((result) => {
        if (result.status === 'rejected') throw result.reason;
        return result.value;
      });
    };
    await conformanceCase.run(contextOf({ subject, store, open, fresh, openTogether, begun }));
  } finally {
    // A failed case may leave a transaction open, and `close` may wait for it.
    for (const transaction of begun) await transaction.abandon();
    for (const store of opened.toReversed()) await store.close();
    for (const subject of subjects) await subject.dispose?.();
  }
}

function contextOf(parts: {
  readonly subject: StoreUnderTest;
  readonly store: OrderStore;
  readonly open: (store: OrderStore) => Promise<OrderStore>;
  readonly fresh: () => Promise<{ readonly store: OrderStore }>;
  readonly openTogether: ConformanceContext['openTogether'];
  readonly begun: OpenTransaction[];
}): ConformanceContext {
  const { subject, store, open, openTogether } = parts;
  const share = async () => open(await anotherHandle(subject));
  const reopen = async () => {
    await store.close();
    return share();
  };
  const fresh = async () => (await parts.fresh()).store;
  const begin = async () => {
    assert.ok(subject.begin, '`begin` is needed: the features say transactions');
    const transaction = openTransaction(await subject.begin());
    parts.begun.push(transaction);
    return transaction;
  };
  return { store, fresh, share, openTogether, reopen, begin };
}

async function anotherHandle({ again }: StoreUnderTest): Promise<OrderStore> {
  assert.ok(again, '`again` is needed: the features say durable or shared');
  return again();
}

/** If opening takes longer, the suite spends most of its time on it. */
const slowOpenMs = 2_000;
const warned = new WeakSet<StoreFactory>();

/** Warns once per factory, since a case that times out does not name this cause. */
function warnIfSlow(createStore: StoreFactory, elapsedMs: number): void {
  if (elapsedMs < slowOpenMs || warned.has(createStore)) return;
  warned.add(createStore);
  process.emitWarning(
    `Opening the store took ${(elapsedMs / 1_000).toFixed(1)} s. Each case opens one or more, so ` +
      'give the cases a longer time limit, or let createStore empty an existing database ' +
      'instead of creating one.',
    { type: 'OrderchartWarning', code: 'ORDERCHART_SLOW_OPEN' },
  );
}

/** A transaction that records whether it has ended. */
interface OpenTransaction extends HostTransaction {
  /** Rolls back unless the transaction has ended. */
  abandon(): Promise<void>;
}

function openTransaction(host: HostTransaction): OpenTransaction {
  let isOver = false;
  const over = (end: () => Promise<void>) => async () => {
    if (isOver) return;
    isOver = true;
    await end();
  };
  return {
    transaction: host.transaction,
    commit: over(() => host.commit()),
    rollBack: over(() => host.rollBack()),
    abandon: over(() => host.rollBack()),
  };
}

/** Returns why a case does not apply to a store with these features, or `undefined` if it does. */
export function skipReason(
  { needs }: StoreConformanceCase,
  features: StoreFeatures,
): string | undefined {
  if (needs === undefined || features[needs]) return undefined;
  return needs === 'transactions' ? 'the store has no transactions' : `the store is not ${needs}`;
}
