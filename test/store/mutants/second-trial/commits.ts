import {
  type CommandRecord,
  type Commit,
  type CommitOutcome,
  type JsonObject,
  type JsonValue,
  OrderchartError,
  type OrderRecord,
  type OrderStore,
} from 'orderchart';
import { boundedBy, bytesOf, compareBytes, everything, withFault } from './shared.ts';

/** Commits one after the other, each by what `commitOne` does. */
const eachBy =
  (commitOne: (commit: Commit) => Promise<CommitOutcome>): OrderStore['commit'] =>
  async (commits) => {
    const outcomes: CommitOutcome[] = [];
    for (const commit of commits) outcomes.push(await commitOne(commit));
    return outcomes;
  };

async function commitAlone(inner: OrderStore, commit: Commit): Promise<CommitOutcome> {
  const [outcome] = await inner.commit([commit]);
  if (outcome === undefined) throw new Error('no outcome');
  return outcome;
}

/**
 * DynamoDB, Redis: unique numbers are items of their own, put first. A commit that is refused
 * afterwards, with `conflict`, leaves the number reserved.
 */
export function numberStaysReserved(inner: OrderStore): OrderStore {
  const reserved = new Map<string, string>();
  const nameOf = ({ tenantId, number }: OrderRecord) => JSON.stringify([tenantId, number]);
  const commitOne = async (commit: Commit): Promise<CommitOutcome> => {
    const { record, command, orderId } = commit;
    if (record === undefined || record.number === null || commit.expectedVersion > 0) {
      return commitAlone(inner, commit);
    }
    const name = nameOf(record);
    const [known] = command ? await inner.findCommands([command]) : [];
    const [present] = await inner.load([commit]);
    const holder = reserved.get(name) ?? orderId;
    if (known === undefined && present === undefined && holder !== orderId) {
      return { status: 'numberTaken' };
    }
    const outcome = await commitAlone(inner, commit);
    const isFree = (await inner.findByNumber(record.tenantId, record.number)) === undefined;
    if (outcome.status === 'conflict' && isFree) reserved.set(name, orderId);
    return outcome;
  };
  return withFault(inner, { commit: eachBy(commitOne) });
}

/**
 * DynamoDB: a command's answer is an item in the collection of its order, so it is unique only
 * there. The same command again, with another order's id, is executed a second time.
 */
export function keyPerOrder(inner: OrderStore): OrderStore {
  const others = new Map<string, CommandRecord>();
  const commitOne = async (commit: Commit): Promise<CommitOutcome> => {
    const { command } = commit;
    const [known] = command ? await inner.findCommands([command]) : [];
    if (!command || !known || known.orderId === command.orderId) return commitAlone(inner, commit);
    const { tenantId, scope, key, orderId } = command;
    const name = JSON.stringify([tenantId, scope, key, orderId]);
    const record = others.get(name);
    if (record !== undefined) return { status: 'duplicate', record };
    const outcome = await commitAlone(inner, { ...commit, command: undefined });
    if (outcome.status === 'committed') others.set(name, command);
    return outcome;
  };
  return withFault(inner, { commit: eachBy(commitOne) });
}

/** MongoDB: sorts by `_id`, because UUIDv7 come in the order of time; versions need not. */
export function historyById(inner: OrderStore): OrderStore {
  return withFault(inner, {
    history: async (key, after, limit, maximumBytes) => {
      const events = await inner.history(key, after, everything);
      const sorted = events.toSorted((one, other) => compareBytes(one.id, other.id));
      return boundedBy(sorted.slice(0, limit), ({ data }) => bytesOf(data), maximumBytes);
    },
  });
}

/**
 * MongoDB: `.` and `$` in the names of members are written as the fullwidth signs, and read back;
 * names that had a fullwidth sign from the beginning come back with another one.
 */
export function fullwidthNames(inner: OrderStore): OrderStore {
  const readName = (name: string) => name.replaceAll('\uFF0E', '.').replaceAll('\uFF04', '$');
  const read = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(read);
    return typeof value === 'object' && value !== null ? readObject(value as JsonObject) : value;
  };
  const readObject = (object: JsonObject): JsonObject =>
    Object.fromEntries(
      Object.entries(object).map(([name, value]) => [readName(name), read(value)]),
    );
  const readRecord = (record: OrderRecord) => ({ ...record, order: readObject(record.order) });
  return withFault(inner, {
    load: async (keys) => (await inner.load(keys)).map((record) => record && readRecord(record)),
    list: async (query) => {
      const { records, next } = await inner.list(query);
      return { records: records.map(readRecord), next };
    },
    history: async (...what) => {
      const events = await inner.history(...what);
      return events.map((event) => ({ ...event, data: readObject(event.data) }));
    },
  });
}

/** The pool is destroyed at once: what is under way is told to have failed, though it is written. */
export function closeTellsFailed(inner: OrderStore): OrderStore {
  let isOpen = false;
  return withFault(inner, {
    open: async () => {
      await inner.open();
      isOpen = true;
    },
    close: async () => {
      isOpen = false;
      await inner.close();
    },
    commit: async (commits) => {
      const outcomes = await inner.commit(commits);
      await new Promise((resolve) => setImmediate(resolve));
      if (isOpen) return outcomes;
      throw new OrderchartError('storeClosed', 'The pool is closed.');
    },
  });
}
