import { describe, expect, it } from 'vitest';
import { OrderchartError } from '../../src/errors.ts';
import {
  changedBy,
  executing,
  firing,
  identity,
  noting,
  now,
  placing,
  recordAt,
  refusedBy,
  replayed,
  stored,
  unchanged,
} from './executor-kit.ts';
import { gate, turns } from './turns.ts';

// The way of a command step by step: what the store is asked, and what it ends in.

const away = new OrderchartError('storeUnavailable', 'away');

describe('a change', () => {
  it('is written against what it was decided on, told, and kept for the next', async () => {
    const { asked, cache, commits, counters, run, submit, told } = executing();
    const { task, ended } = submit(noting);
    expect(await ended).toMatchObject({ status: 'accepted', version: 2, replayed: false });
    expect(asked).toEqual(['load', 'decide on 1', 'commit']);
    expect(commits).toMatchObject([
      {
        expectedVersion: 1,
        expectedRevision: 'revision-1',
        record: { version: 2, revision: `id-1-of-${now}`, updatedAt: now },
        events: [{ version: 2, id: `id-1-of-${now}` }],
        command: undefined,
      },
    ]);
    const [commit] = commits as { record: object; events: object[] }[];
    expect(told.recorded).toEqual([[commit?.record, commit?.events]]);
    expect(told.within).toEqual([]);
    expect(told.batches).toBe(1);
    expect(cache.get(task.lane)).toBe(commit?.record);
    await run(noting);
    expect(asked.slice(3)).toEqual(['decide on 2', 'commit']);
    expect(counters).toMatchObject({ events: 2, cacheHits: 1, cacheMisses: 1 });
  });

  it('of an order that is not there begins at no version', async () => {
    const { asked, commits, run, test } = executing();
    test.decide = () => changedBy(2);
    expect(await run(placing)).toMatchObject({ status: 'accepted', version: 2 });
    expect(asked).toEqual(['decide on undefined', 'commit']);
    expect(commits).toMatchObject([
      {
        expectedVersion: 0,
        expectedRevision: null,
        record: { version: 2, revision: `id-2-of-${now}` },
      },
    ]);
  });

  it('without an event keeps the version, and names the state anew', async () => {
    const { commits, counters, run, test } = executing();
    test.decide = () => changedBy(0);
    expect(await run(noting)).toMatchObject({ status: 'accepted', version: 1, events: [] });
    expect(commits).toMatchObject([
      { expectedVersion: 1, record: { version: 1, revision: `id-1-of-${now}` }, events: [] },
    ]);
    expect(counters.events).toBe(0);
  });

  it('within a transaction is seen there, and is not kept', async () => {
    const { asked, cache, commits, counters, submit, told, transaction } = executing();
    cache.set(submit(placing).task.lane, recordAt(7));
    await turns();
    asked.length = 0;
    told.recorded.length = 0;
    const { task, ended } = submit(noting, { transaction });
    expect(await ended).toMatchObject({ status: 'accepted', version: 2 });
    expect(asked).toEqual(['within load', 'decide on 1', 'within commit']);
    expect(cache.get(task.lane)).toBeUndefined();
    expect(told.recorded).toEqual([]);
    expect(told.within).toEqual([(commits.at(-1) as { record: object }).record]);
    expect(counters.events).toBe(2);
  });
});

describe('an answer that changes nothing', () => {
  it('is stored with its key, and nothing else', async () => {
    const { asked, cache, commits, run, told, test } = executing();
    for (const decision of [unchanged, refusedBy('notInThisState')]) {
      test.decide = () => decision;
      const result = await run(noting, { identity });
      expect(result).toMatchObject({ status: decision.status, orderId: 'a', replayed: false });
    }
    expect(asked).toEqual(['load', 'decide on 1', 'commit', 'decide on 1', 'commit']);
    expect(commits).toMatchObject([
      { record: undefined, events: [], expectedVersion: 1, command: { key: 'k', orderId: 'a' } },
      { record: undefined, events: [], expectedVersion: 1, command: { key: 'k', orderId: 'a' } },
    ]);
    expect(told.recorded).toEqual([]);
    expect(told.within).toEqual([]);
    expect(cache.size).toBe(1);
  });

  it('is given without a key when the order is fresh, and nothing is written', async () => {
    const { asked, counters, run, test } = executing();
    for (const decision of [unchanged, refusedBy('notInThisState')]) {
      test.decide = () => decision;
      expect(await run(noting)).toMatchObject({ status: decision.status, replayed: false });
    }
    expect(asked).toEqual(['load', 'decide on 1', 'decide on 1', 'load', 'decide on 1']);
    expect(counters).toMatchObject({ accepted: 1, rejected: 1, failed: 0 });
  });

  it('is not stored where the order is not there, whose id may be told or not', async () => {
    const { asked, run, test } = executing();
    test.decide = () => refusedBy('orderNotFound');
    test.load = async () => undefined;
    expect(await run(noting, { identity })).toMatchObject({ status: 'rejected', orderId: 'a' });
    expect(asked).toEqual(['load', 'decide on undefined', 'findCommands']);
    const twice = [run(noting, { identity }), run(noting, { identity })];
    expect(await Promise.all(twice)).toMatchObject([{ replayed: false }, { replayed: false }]);
    const nameless = { kind: 'command', command: { type: 'order.place' } };
    expect(await run(nameless)).not.toHaveProperty('orderId');
    expect(await run(firing)).toMatchObject({ status: 'rejected', orderId: 'a' });
  });
});

describe('an expected version', () => {
  it('is held against the order as the store has it, 0 where it has none', async () => {
    const { asked, counters, run, test } = executing();
    expect(await run(noting, { expectedVersion: 4 })).toMatchObject({
      code: 'versionMismatch',
      details: { orderId: 'a', expected: 4, actual: 1 },
    });
    expect(counters).toMatchObject({ failed: 1, rejected: 0 });
    expect(asked).toEqual(['load']);
    expect(await run(noting, { expectedVersion: 1 })).toMatchObject({ version: 2 });
    test.load = async () => undefined;
    expect(await run(noting, { orderId: 'b', expectedVersion: 1 })).toMatchObject({
      details: { actual: 0 },
    });
    expect(await run(noting, { orderId: 'b', expectedVersion: 0 })).toMatchObject({
      status: 'accepted',
    });
  });

  it('is of no account to a command that was answered already', async () => {
    for (const isWithin of [false, true]) {
      const { asked, run, test, transaction } = executing();
      test.findCommands = async () => [stored];
      const within = isWithin ? { transaction } : {};
      const call = run(noting, { identity, expectedVersion: 4, ...within });
      expect(await call).toMatchObject(replayed);
      const prefix = isWithin ? 'within ' : '';
      expect(asked).toEqual([`${prefix}load`, `${prefix}findCommands`]);
      test.findCommands = async () => [undefined];
      const other = run(noting, { identity, expectedVersion: 4, ...within });
      expect(await other).toMatchObject({ code: 'versionMismatch' });
    }
  });

  it('ends in the failure of the store when the answer cannot be looked up', async () => {
    const { run, test } = executing();
    test.findCommands = async () => {
      throw away;
    };
    expect(await run(noting, { identity, expectedVersion: 4 })).toBe(away);
  });
});

describe('a command that nobody waits for any more', () => {
  const aborted = new OrderchartError('aborted', 'aborted');

  it('is not decided when its number comes', async () => {
    const number = Promise.withResolvers<string>();
    const { asked, executor, submit } = executing({ next: () => number.promise });
    const { task, ended } = submit(placing);
    executor.queue.fail(task, aborted);
    expect(await ended).toBe(aborted);
    number.resolve('SO-1');
    await turns();
    expect(asked).toEqual([]);
  });

  it('is not decided when its order comes, nor keeps it', async () => {
    const hold = gate();
    const { asked, cache, executor, submit, test } = executing();
    test.load = () => hold.opened.then(() => recordAt(1));
    const { task, ended } = submit(noting);
    await turns();
    executor.queue.fail(task, aborted);
    expect(await ended).toBe(aborted);
    hold.open();
    await turns();
    expect(asked).toEqual(['load']);
    expect(cache.size).toBe(0);
  });
});

describe('what is kept of an order', () => {
  it('is forgotten when the store no longer has it', async () => {
    const { cache, run, submit, test } = executing();
    const { task, ended } = submit(noting);
    await ended;
    expect(cache.get(task.lane)).toBeDefined();
    test.load = async () => undefined;
    expect(await run(noting, { expectedVersion: 9 })).toMatchObject({ details: { actual: 0 } });
    expect(cache.get(task.lane)).toBeUndefined();
  });

  it('is nothing that was read within a transaction', async () => {
    const { cache, run, submit, test, transaction } = executing();
    test.decide = () => unchanged;
    expect(await run(noting, { transaction })).toMatchObject({ status: 'accepted' });
    expect(cache.size).toBe(0);
    // Nor what was read before it was written in one.
    const { task, ended } = submit(placing);
    await ended;
    test.decide = () => changedBy(1);
    cache.set(task.lane, recordAt(1));
    expect(await run(placing, { transaction })).toMatchObject({ status: 'accepted' });
    expect(cache.size).toBe(0);
  });
});

describe('a number', () => {
  it('is given to a new order, and to nothing else', async () => {
    const { commits, run, test } = executing({ next: () => 'SO-1' });
    const works: unknown[] = [];
    test.seen = ({ work }) => void works.push(work);
    await run(placing);
    await run(noting);
    const numbered = { type: 'order.place', orderId: 'a', number: 'SO-1' };
    expect(works).toEqual([{ kind: 'command', command: numbered }, noting]);
    expect(commits).toHaveLength(2);
  });
});

describe('a failure', () => {
  it('of the store while writing is told, and the order is read again by the next', async () => {
    const { asked, cache, run, test } = executing();
    await run(noting);
    test.commit = async () => {
      throw away;
    };
    expect(await run(noting)).toBe(away);
    expect(cache.size).toBe(0);
    asked.length = 0;
    await run(noting);
    expect(asked[0]).toBe('load');
  });

  it('of the store while reading is told, and so is one of the rules', async () => {
    const { run, test } = executing();
    test.load = async () => {
      throw away;
    };
    expect(await run(noting)).toBe(away);
    test.decide = () => {
      throw new Error('no');
    };
    expect(await run(placing)).toMatchObject({ code: 'domainDefect', details: { orderId: 'a' } });
  });

  it('of numbers is told, and the order is not placed', async () => {
    const { asked, run } = executing({
      next: () => {
        throw new Error('no');
      },
    });
    expect(await run(placing)).toMatchObject({ code: 'numberUnavailable' });
    expect(asked).toEqual([]);
  });
});
