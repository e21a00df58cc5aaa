import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Commit, CommitOutcome, OrderStore } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { type BatchBounds, GroupCommit } from '../../src/engine/commands/group-commit.ts';
import type { CommandTask } from '../../src/engine/commands/task.ts';
import type { EngineCounters } from '../../src/engine/kernel/stats.ts';
import { turns } from './turns.ts';

interface Batch {
  readonly ids: readonly string[];
  answer(outcomes?: readonly CommitOutcome[]): void;
  fail(error: unknown): void;
}

/** Two events to a command: with the envelopes 1,504 bytes. */
const commit = (orderId: string) =>
  ({ orderId, record: undefined, events: [{ data: {} }, { data: {} }] }) as unknown as Commit;
const task = (orderId: string, transaction?: object) =>
  ({ request: { transaction }, commit: commit(orderId) }) as unknown as CommandTask;
const committed = { status: 'committed' } as unknown as CommitOutcome;

/** A store that answers when the test says so; `told` is what the callers hear, in order. */
function groupWith(
  features: { readonly durable?: boolean; readonly remote?: boolean },
  bounds: Partial<BatchBounds> = {},
) {
  const batches: Batch[] = [];
  const told: string[] = [];
  const write = (commits: readonly Commit[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly CommitOutcome[]>();
    const ids = commits.map(({ orderId }) => orderId);
    told.push(`written: ${ids.join(' ')}`);
    batches.push({
      ids,
      answer: (outcomes = ids.map(() => committed)) => resolve(outcomes),
      fail: reject,
    });
    return promise;
  };
  const store = { name: 'slow', features, commit: write } as unknown as OrderStore;
  const counters = { batches: 0 } as EngineCounters;
  const idOf = (answered: CommandTask) => answered.commit?.orderId;
  const group = new GroupCommit(store, { batchSize: 100, batchBytes: 1e9, ...bounds }, counters, {
    committed: (answered) => told.push(`stored: ${idOf(answered)}`),
    failed: (answered, { code }) => told.push(`${code}: ${idOf(answered)}`),
    batchEnded: () => told.push('ended'),
  });
  const add = (...ids: string[]) => {
    for (const id of ids) group.add(task(id));
  };
  return { group, add, batches, told, counters, write };
}

const sizes = (batches: readonly Batch[]) => batches.map(({ ids }) => ids.length);

describe('commands that are written together', () => {
  it('without a disk are those of one synchronous run', async () => {
    const { add, batches } = groupWith({});
    add('a', 'b');
    expect(batches).toEqual([]);
    await Promise.resolve();
    expect(sizes(batches)).toEqual([2]);
  });

  it('with a disk are those of one turn of the event loop, on however many sockets', async () => {
    const { add, batches } = groupWith({ durable: true });
    add('a');
    await Promise.resolve();
    await Promise.resolve();
    add('b');
    expect(batches).toEqual([]);
    await nextTurn();
    expect(sizes(batches)).toEqual([2]);
  });

  it('leave one batch after the other, and those that came meanwhile in the next', async () => {
    const { add, batches, told, counters } = groupWith({});
    add('a');
    await turns(2);
    add('b', 'c');
    await turns(2);
    expect(sizes(batches)).toEqual([1]);
    batches[0]?.answer();
    await turns(2);
    batches[1]?.answer();
    await turns(2);
    expect(told).toEqual([
      'written: a',
      'stored: a',
      'ended',
      'written: b c',
      'stored: b',
      'stored: c',
      'ended',
    ]);
    expect(counters.batches).toBe(2);
    add('d');
    await turns(2);
    expect(sizes(batches)).toEqual([1, 2, 1]);
  });

  it.each([
    ['two commands', { batchSize: 2 }],
    ['their bytes', { batchBytes: 2 * 1504 }],
  ])(
    'leave for a server as soon as a batch is full of %s, and not while one is there',
    async (...[, bounds]) => {
      const { add, batches, told } = groupWith({ durable: true, remote: true }, bounds);
      add('a');
      expect(batches).toEqual([]);
      add('b');
      expect(told).toEqual(['written: a b']);
      add('c', 'd', 'e');
      await turns(3);
      expect(batches).toHaveLength(1);
      batches[0]?.answer();
      await turns(2);
      batches[1]?.answer();
      await turns(2);
      batches[2]?.answer();
      await turns(2);
      expect(told.filter((line) => line.startsWith('written'))).toEqual([
        'written: a b',
        'written: c d',
        'written: e',
      ]);
      // What has left no longer counts.
      add('f');
      expect(batches).toHaveLength(3);
      await turns(2);
      expect(batches).toHaveLength(4);
    },
  );

  it('are written once, also when a full batch left before the turn ended', async () => {
    const { add, batches, counters } = groupWith({ durable: true, remote: true }, { batchSize: 2 });
    add('a', 'b');
    batches[0]?.answer();
    await turns(3);
    expect(sizes(batches)).toEqual([2]);
    expect(counters.batches).toBe(1);
  });

  it('are at least one, however large it is', async () => {
    const { add, batches } = groupWith({}, { batchBytes: 1000 });
    add('a', 'b');
    await turns(2);
    expect(sizes(batches)).toEqual([1]);
  });

  it('leave a store in this thread at the end of the turn, however many they are', async () => {
    const { add, batches } = groupWith({ durable: true }, { batchSize: 2 });
    add('a', 'b', 'c');
    expect(batches).toEqual([]);
    await nextTurn();
    expect(sizes(batches)).toEqual([2]);
  });

  it('leave for a server before the answers to the last ones are given', async () => {
    const { add, batches, told } = groupWith({ remote: true });
    add('a');
    await turns(2);
    add('b');
    batches[0]?.answer();
    await Promise.resolve();
    await Promise.resolve();
    expect(told).toEqual(['written: a', 'written: b']);
    await turns(2);
    expect(told.slice(2)).toEqual(['stored: a', 'ended']);
    // What comes while answers are given waits for the batch that is there.
    add('c');
    await turns(2);
    expect(batches).toHaveLength(2);
  });

  it('have their answers at once when no others wait for the server', async () => {
    const { add, batches, told } = groupWith({ remote: true });
    add('a');
    await turns(2);
    batches[0]?.answer();
    await Promise.resolve();
    await Promise.resolve();
    expect(told).toEqual(['written: a', 'stored: a', 'ended']);
  });

  it('share the failure of the store, and the next ones are written all the same', async () => {
    const { add, batches, told } = groupWith({});
    add('a', 'b');
    await turns(2);
    add('c');
    batches[0]?.fail({ code: 'storeUnavailable' });
    await turns(2);
    expect(told).toEqual([
      'written: a b',
      'storeUnavailable: a',
      'storeUnavailable: b',
      'ended',
      'written: c',
    ]);
  });

  it('are told that the outcome is unknown where the store left out an answer', async () => {
    const { add, batches, told } = groupWith({});
    add('a', 'b');
    await turns(2);
    batches[0]?.answer([committed]);
    await turns(2);
    expect(told).toEqual(['written: a b', 'stored: a', 'outcomeUnknown: b', 'ended']);
  });
});

describe("a command in a transaction of the host's", () => {
  it('is written alone and at once, beside a batch', async () => {
    const { group, add, batches, told, counters, write } = groupWith({});
    add('a');
    await turns(2);
    group.add(task('b', { commit: write }));
    expect(told).toEqual(['written: a', 'written: b']);
    batches[1]?.answer();
    await turns(2);
    expect(told.slice(2)).toEqual(['stored: b']);
    expect(counters.batches).toBe(1);
  });

  it('fails alone', async () => {
    const { group, batches, told, write } = groupWith({});
    group.add(task('a', { commit: write }));
    group.add(task('b', { commit: write }));
    batches[0]?.fail({ code: 'storeUnavailable' });
    batches[1]?.answer([]);
    await turns(2);
    expect(told.slice(2).toSorted()).toEqual(['outcomeUnknown: b', 'storeUnavailable: a']);
  });
});
