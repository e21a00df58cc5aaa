import assert from 'node:assert/strict';
import type { OrderStore, StoreFeatures } from '../../store/store.ts';
import type { ConformanceContext, HostTransaction, StoreConformanceCase } from './case.ts';

/** A store to be tested, and the ways back to its data. */
export interface StoreUnderTest {
  /** A new store on new, empty data; not yet open. */
  readonly store: OrderStore;
  /** Makes another handle on the same data; needed when the store is durable or shared. */
  readonly again?: () => OrderStore | Promise<OrderStore>;
  /** Begins a transaction of the host's on the same data; needed when the features say so. */
  readonly begin?: () => HostTransaction | Promise<HostTransaction>;
  /** Removes the data. Every handle has been closed by then. */
  readonly dispose?: () => void | Promise<void>;
}

/** Makes a {@link StoreUnderTest}; called once per case, and more often by some. */
export type StoreFactory = () => StoreUnderTest | Promise<StoreUnderTest>;

/** Runs one case on a store of its own, and closes whatever it opened. Rejects when it fails. */
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
    tellIfSlow(createStore, performance.now() - startedAt);
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
      // All of them, even if one fails: what opens late could not be closed.
      const results = await Promise.allSettled(stores.map(open));
      return results.map((result) => {
        if (result.status === 'rejected') throw result.reason;
        return result.value;
      });
    };
    await conformanceCase.run(contextOf({ subject, store, open, fresh, openTogether, begun }));
  } finally {
    // A case that failed may have left one open, and a store may wait for it.
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

/** Slower than this, most of the time that the suite takes is spent on opening. */
const slowOpenMs = 2_000;
const told = new WeakSet<StoreFactory>();

/** Once for each kind of store: a case that runs out of time otherwise says nothing of the cause. */
function tellIfSlow(createStore: StoreFactory, elapsedMs: number): void {
  if (elapsedMs < slowOpenMs || told.has(createStore)) return;
  told.add(createStore);
  process.emitWarning(
    `Opening the store took ${(elapsedMs / 1_000).toFixed(1)} s. Each case opens one or more, so ` +
      'give the cases a longer time limit, or let createStore empty a database that is there ' +
      'instead of making one.',
    { type: 'OrderchartWarning', code: 'ORDERCHART_SLOW_OPEN' },
  );
}

/** One that knows whether it has ended. */
interface OpenTransaction extends HostTransaction {
  /** Rolls back unless it has ended. */
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

/** Why a case does not apply to a store with these features; `undefined` when it does. */
export function skipReason(
  { needs }: StoreConformanceCase,
  features: StoreFeatures,
): string | undefined {
  if (needs === undefined || features[needs]) return undefined;
  return needs === 'transactions' ? 'the store has no transactions' : `the store is not ${needs}`;
}
