import {
  type Commit,
  type CommitOutcome,
  type Lease,
  OrderchartError,
  type OrderKey,
  type OrderRecord,
  type OrderStore,
  type PurgeRequest,
  type SubscriptionStore,
  type TransactionStore,
} from 'orderchart';
import { isDecidedOn } from '../../src/store/store.ts';
import { delegateStore } from '../../src/testing/delegate.ts';

/** A transaction of a host's on a {@link transactionalStore}, with a table of the host's own. */
export interface TestTransaction {
  /** The host's own rows, as the transaction sees them. */
  readonly rows: Map<string, unknown>;
  commit(): Promise<void>;
  rollBack(): Promise<void>;
}

export interface TransactionalStore extends OrderStore {
  /** The host's own rows that were committed. */
  readonly rows: ReadonlyMap<string, unknown>;
  begin(): TestTransaction;
}

/** What all transactions share. */
interface Ground {
  readonly inner: OrderStore;
  readonly rows: Map<string, unknown>;
  /** Who holds an order, a number or a key. */
  readonly locks: Map<string, Transaction>;
  readonly open: WeakMap<object, Transaction>;
  /** Projections at work, for which closing waits. */
  readonly projecting: Set<Promise<unknown>>;
}

/**
 * A store in memory with transactions of the host's, as a database has them: what is written in
 * one is locked against all others, and shown to nobody until the host commits. For tests of the
 * engine and of the conformance suite; it answers `locked` at once.
 */
export function transactionalStore(inner: OrderStore): TransactionalStore {
  const ground: Ground = {
    ...{ inner, rows: new Map(), locks: new Map(), open: new WeakMap() },
    projecting: new Set(),
  };
  const commit = async (commits: readonly Commit[]) => {
    const outcomes: CommitOutcome[] = [];
    for (const one of commits) {
      const isLocked = locksOf(one).some((name) => ground.locks.has(name));
      outcomes.push(...(isLocked ? [locked] : await inner.commit([one])));
    }
    return outcomes;
  };
  return {
    ...delegateStore(inner),
    name: 'transactional',
    // Others may write what they wrote in transactions that nobody here knows of.
    features: { ...inner.features, shared: true, transactions: true },
    rows: ground.rows,
    begin: () => begin(ground),
    within: (transaction) => openOf(ground, transaction),
    commit,
    purge: (request) => purgeUnlocked(ground, request),
    close: async () => {
      await Promise.allSettled(ground.projecting);
      await inner.close();
    },
    subscriptions: transactionalSubscriptions(ground),
  };
}

/** What somebody is writing is left for the next time. */
async function purgeUnlocked({ inner, locks }: Ground, request: PurgeRequest) {
  const { archivedBefore } = request;
  if (archivedBefore === undefined || locks.size === 0) return inner.purge(request);
  const orders = request.orders ?? (await inner.archived(archivedBefore, 10_000));
  const free = orders.filter((key) => !locks.has(orderLock(key)));
  return inner.purge({ ...request, orders: free });
}

const orderLock = ({ tenantId, orderId }: OrderKey): string =>
  JSON.stringify(['order', tenantId, orderId]);

const locked: CommitOutcome = { status: 'locked' };

function begin(ground: Ground): TestTransaction {
  const before = new Map(ground.rows);
  const rows = new Map(before);
  const transaction = new Transaction(ground);
  const handle: TestTransaction = {
    rows,
    commit: async () => {
      await transaction.end(true);
      // Only what was changed: others may have changed the rest.
      for (const [key, value] of rows) {
        if (value !== before.get(key)) ground.rows.set(key, value);
      }
    },
    rollBack: () => transaction.end(false),
  };
  ground.open.set(handle, transaction);
  return handle;
}

function openOf({ open }: Ground, handle: unknown): Transaction {
  const transaction = typeof handle === 'object' && handle !== null ? open.get(handle) : undefined;
  if (transaction !== undefined) return transaction;
  throw new OrderchartError('invalidArgument', 'This is no transaction of this store.');
}

function transactionalSubscriptions(ground: Ground): SubscriptionStore {
  const { subscriptions } = delegateStore(ground.inner);
  return {
    ...subscriptions,
    project: (lease, work) => {
      const projecting = projectOn(ground, { subscriptions, lease, work });
      ground.projecting.add(projecting);
      return projecting.finally(() => ground.projecting.delete(projecting));
    },
    park: async (lease, entries, transaction) => {
      if (transaction === undefined) return subscriptions.park(lease, entries);
      const held = await isHeld(subscriptions, lease);
      if (held === undefined) return undefined;
      openOf(ground, transaction).later(() => subscriptions.park(lease, entries));
      return held;
    },
    unpark: async (lease, eventId, transaction) => {
      if (transaction === undefined) return subscriptions.unpark(lease, eventId);
      const held = await isHeld(subscriptions, lease);
      if (held === undefined) return undefined;
      openOf(ground, transaction).later(() => subscriptions.unpark(lease, eventId));
      return held;
    },
  };
}

/** Asks by writing what is there: only the latest epoch may. */
async function isHeld(subscriptions: SubscriptionStore, lease: Lease): Promise<Lease | undefined> {
  const checkpoints = await subscriptions.checkpoints(lease.subscription);
  const present = checkpoints.find(({ partition }) => partition === lease.partition);
  return present && subscriptions.checkpoint(lease, present.position);
}

function locksOf({ tenantId, orderId, record, command }: Commit): readonly string[] {
  const names = [orderLock({ tenantId, orderId })];
  if (record !== undefined && record.number !== null) {
    names.push(JSON.stringify(['number', tenantId, record.number]));
  }
  if (command) names.push(JSON.stringify(['key', tenantId, command.scope, command.key]));
  return names;
}

/** One transaction: its writes, which are applied when it ends well, and its locks. */
class Transaction implements TransactionStore {
  readonly #ground: Ground;
  readonly #own = new Set<string>();
  readonly #commits: Commit[] = [];
  readonly #rest: (() => Promise<unknown>)[] = [];
  #isOver = false;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  async load(keys: readonly OrderKey[]): Promise<readonly (OrderRecord | undefined)[]> {
    this.#check();
    const records = await this.#ground.inner.load(keys);
    return keys.map((key, index) => this.#written(key)?.record ?? records[index]);
  }

  async findCommands(identities: Parameters<TransactionStore['findCommands']>[0]) {
    this.#check();
    const records = await this.#ground.inner.findCommands(identities);
    return identities.map(({ tenantId, scope, key }, index) => {
      const own = this.#commits.find(
        ({ command }) =>
          command?.tenantId === tenantId && command.scope === scope && command.key === key,
      );
      return own?.command ?? records[index];
    });
  }

  async commit(commits: readonly Commit[]): Promise<readonly CommitOutcome[]> {
    this.#check();
    const outcomes: CommitOutcome[] = [];
    for (const commit of commits) outcomes.push(await this.#commitOne(commit));
    return outcomes;
  }

  async history(key: OrderKey, after: number, limit: number) {
    this.#check();
    const stored = await this.#ground.inner.history(key, after, limit);
    const own = this.#commits
      .filter(({ tenantId, orderId }) => tenantId === key.tenantId && orderId === key.orderId)
      .flatMap(({ events }) => events)
      .filter(({ version }) => version > after);
    return [...stored, ...own].slice(0, limit);
  }

  /** Done when it ends well. */
  later(work: () => Promise<unknown>): void {
    this.#check();
    this.#rest.push(work);
  }

  async end(isGood: boolean): Promise<void> {
    this.#check();
    this.#isOver = true;
    for (const name of this.#own) this.#ground.locks.delete(name);
    if (!isGood) return;
    const outcomes = await this.#ground.inner.commit(this.#commits);
    // Its locks have kept everybody else away.
    if (outcomes.some(({ status }) => status !== 'committed')) throw new Error('not serializable');
    for (const work of this.#rest) await work();
  }

  async #commitOne(commit: Commit): Promise<CommitOutcome> {
    const names = locksOf(commit);
    const { locks } = this.#ground;
    if (names.some((name) => (locks.get(name) ?? this) !== this)) return locked;
    const { command } = commit;
    const [known] = await this.findCommands(command ? [command] : []);
    if (known) return { status: 'duplicate', record: known };
    const [present] = await this.load([commit]);
    if (!isDecidedOn(commit, present)) return { status: 'conflict' };
    const holder = await this.#holderOf(commit);
    if (holder !== undefined && holder !== commit.orderId) return { status: 'numberTaken' };
    for (const name of names) {
      locks.set(name, this);
      this.#own.add(name);
    }
    this.#commits.push(commit);
    return { status: 'committed' };
  }

  async #holderOf({ tenantId, record }: Commit): Promise<string | undefined> {
    const number = record?.number ?? null;
    if (number === null) return undefined;
    const own = this.#commits.find(
      (other) => other.tenantId === tenantId && other.record?.number === number,
    );
    return own?.orderId ?? this.#ground.inner.findByNumber(tenantId, number);
  }

  #written({ tenantId, orderId }: OrderKey): Commit | undefined {
    return this.#commits.findLast(
      (commit) => commit.tenantId === tenantId && commit.orderId === orderId && commit.record,
    );
  }

  #check(): void {
    if (this.#isOver) throw new OrderchartError('invalidArgument', 'The transaction is over.');
  }
}

async function projectOn(
  ground: Ground,
  asked: {
    readonly subscriptions: SubscriptionStore;
    readonly lease: Lease;
    readonly work: (transaction: unknown) => Promise<number>;
  },
): Promise<Lease | undefined> {
  const { subscriptions, lease, work } = asked;
  if ((await isHeld(subscriptions, lease)) === undefined) return undefined;
  const transaction = begin(ground);
  try {
    const position = await work(transaction);
    const isMoved = await subscriptions.checkpoint(lease, position);
    await (isMoved ? transaction.commit() : transaction.rollBack());
    return isMoved;
  } catch (error) {
    await transaction.rollBack();
    throw error;
  }
}
