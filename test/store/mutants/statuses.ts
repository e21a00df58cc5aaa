import type { AnyStatus, Commit, OrderRecord, OrderStore, TransactionStore } from 'orderchart';
import type { Mutant } from './mutant.ts';

/** Commits whose orders and events have the statuses that a dictionary gives for theirs. */
function translated(
  commits: readonly Commit[],
  translate: (status: AnyStatus) => AnyStatus,
): Commit[] {
  const ofRecord = (record: OrderRecord) => ({ ...record, status: translate(record.status) });
  return commits.map((commit) => ({
    ...commit,
    record: commit.record && ofRecord(commit.record),
    events: commit.events.map((event) => ({ ...event, status: translate(event.status) })),
  }));
}

/** The first text of an id is believed for ever, as by a process that keeps what it has read. */
function believer() {
  const byId = new Map<string, AnyStatus>();
  return (id: string, status: AnyStatus): AnyStatus => {
    const known = byId.get(id) ?? status;
    byId.set(id, known);
    return known;
  };
}

/** Numbers handed out by a counter that a rollback, or a backup that is put back, sets back. */
function counted(store: OrderStore): Partial<OrderStore> {
  const believed = believer();
  const texts: string[] = [];
  const idIn = (known: string[], status: AnyStatus): string => {
    const text = JSON.stringify(status);
    if (!known.includes(text)) known.push(text);
    return `${known.indexOf(text)}`;
  };
  return {
    commit: (commits) =>
      store.commit(translated(commits, (status) => believed(idIn(texts, status), status))),
    within: (transaction) => {
      if (store.within === undefined) throw new Error('no transactions');
      const inside = store.within(transaction);
      const tentative = [...texts];
      return {
        load: (keys) => inside.load(keys),
        findCommands: (identities) => inside.findCommands(identities),
        history: (...what) => inside.history(...what),
        commit: (commits) =>
          inside.commit(translated(commits, (status) => believed(idIn(tentative, status), status))),
      } satisfies TransactionStore;
    },
  };
}

/** Faults in the dictionary of statuses. */
export const statusMutants: readonly Mutant[] = [
  {
    name: 'the id of a status is used again after its dictionary was set back',
    killedBy: 'a status first used in a rolled back transaction does not affect later ones',
    mutate: counted,
  },
  {
    name: 'two statuses have one id, and the first one is believed',
    killedBy: 'hundreds of statuses stay distinct, of orders and of events',
    mutate: (store) => {
      const believed = believer();
      const idOf = (status: AnyStatus) => `${hashOf(JSON.stringify(status))}`;
      return {
        commit: (commits) =>
          store.commit(translated(commits, (status) => believed(idOf(status), status))),
      };
    },
  },
];

/** A hash of eight bits: of three hundred texts two must have the same. */
function hashOf(text: string): number {
  return [...text].reduce((hash, character) => (hash * 31 + character.charCodeAt(0)) % 256, 7);
}
