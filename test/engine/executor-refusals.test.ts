import type { CommitOutcome } from 'orderchart';
import { describe, expect, it } from 'vitest';
import {
  executing,
  firing,
  identity,
  noting,
  now,
  placing,
  recordAt,
  replayed,
  stored,
} from './executor-kit.ts';
import { gate, turns } from './turns.ts';

// What becomes of a command whose commit the store has not taken.

describe('a commit that the store refuses', () => {
  /** The store answers so often so. */
  function refusing(status: string, times: number) {
    const test = executing();
    let left = times;
    test.test.commit = async () => {
      left -= 1;
      return left < 0 ? { status: 'committed' } : ({ status, record: stored } as CommitOutcome);
    };
    return test;
  }

  it('for a conflict is decided anew on what is stored, so many times', async () => {
    const { asked, cache, counters, run, submit } = refusing('conflict', 2);
    expect(await run(placing)).toMatchObject({ status: 'accepted', version: 2 });
    expect(asked).toEqual([
      ...['decide on undefined', 'commit'],
      ...['load', 'decide on 1', 'commit'],
      ...['load', 'decide on 1', 'commit'],
    ]);
    expect(counters).toMatchObject({ conflicts: 2, cacheMisses: 0 });
    const always = refusing('conflict', 9);
    expect(await always.run(noting)).toMatchObject({
      code: 'contention',
      details: { orderId: 'a', attempts: 3 },
    });
    expect(always.counters.conflicts).toBe(3);
    expect(always.cache.size).toBe(0);
    expect(cache.get(submit(noting).task.lane)).toBeDefined();
  });

  it('weighs nothing while its order is read again', async () => {
    const { executor, submit, test } = refusing('conflict', 1);
    const hold = gate();
    test.load = async () => {
      await hold.opened;
      return recordAt(1);
    };
    const { task, ended } = submit(placing);
    expect(executor.queue.bytes).toBeGreaterThan(task.bytes + 500);
    await turns();
    expect(executor.queue.bytes).toBe(task.bytes);
    expect(task.stage).toBe('deciding');
    expect(task.commit).toBeUndefined();
    hold.open();
    await ended;
    expect(executor.queue.bytes).toBe(0);
  });

  it('for a number that is taken ends in a refusal, which is stored with its key', async () => {
    const { commits, run } = refusing('numberTaken', 1);
    expect(await run(placing, { identity })).toMatchObject({
      status: 'rejected',
      rejection: { code: 'numberTaken' },
    });
    expect(commits).toMatchObject([
      { record: { version: 1 } },
      { record: undefined, expectedVersion: 0, expectedRevision: null, command: { key: 'k' } },
    ]);
    // The time cannot be told: the command must end all the same.
    const other = refusing('numberTaken', 1);
    let calls = 0;
    other.test.now = () => {
      calls += 1;
      if (calls > 1) throw new Error('no clock');
      return now;
    };
    expect(await other.run(placing)).toMatchObject({ code: 'domainDefect' });
  });

  it('for a lock waits and is decided anew, or is told that it may not wait', async () => {
    const { asked, cache, counters, executor, submit, test } = refusing('locked', 1);
    const again: (() => void)[] = [];
    test.wait = (call) => again.push(call) > 0;
    const { task, ended } = submit(noting);
    await turns();
    expect(task).toMatchObject({ stage: 'deciding', isBlocked: true });
    expect(counters.lockWaits).toBe(1);
    again[0]?.();
    expect(task.isBlocked).toBe(false);
    expect(await ended).toMatchObject({ version: 2 });
    expect(asked).toEqual(['load', 'decide on 1', 'commit', 'load', 'decide on 1', 'commit']);
    expect(executor.queue.pending).toBe(0);
    // It has ended: it is called once more for nothing.
    again[0]?.();
    await turns();
    expect(asked).toHaveLength(6);
    expect(cache.size).toBe(1);
    const impatient = refusing('locked', 1);
    expect(await impatient.run(noting)).toMatchObject({ code: 'contention' });
    expect(impatient.cache.size).toBe(0);
  });

  it('for a lock in a transaction never waits', async () => {
    const { run, test, transaction } = refusing('locked', 1);
    test.wait = () => true;
    expect(await run(noting, { transaction })).toMatchObject({ code: 'contention' });
  });

  it('because it was answered before ends in that answer', async () => {
    const { asked, counters, run } = refusing('duplicate', 1);
    expect(await run(noting, { identity })).toMatchObject(replayed);
    expect(counters).toMatchObject({ duplicates: 1, accepted: 0 });
    expect(asked).toEqual(['load', 'decide on 1', 'commit']);
    const other = refusing('duplicate', 1);
    expect(await other.run(noting, { identity, fingerprint: 'other' })).toMatchObject({
      code: 'idempotencyMismatch',
    });
  });

  it('because it was answered before reads the events of that where it was answered', async () => {
    const outcome = { status: 'accepted', from: 1, to: 2 };
    for (const isWithin of [false, true]) {
      const { asked, run, test, transaction } = refusing('duplicate', 1);
      test.commit = async () => ({ status: 'duplicate', record: { ...stored, outcome } });
      await run(noting, { identity, ...(isWithin && { transaction }) });
      expect(asked.at(-1)).toBe(isWithin ? 'within history' : 'history');
    }
  });

  it('because a deadline was fired before is decided anew, without the key', async () => {
    const { asked, commits, run } = refusing('duplicate', 1);
    expect(await run(firing, { identity })).toMatchObject({ status: 'accepted' });
    expect(asked).toEqual(['load', 'decide on 1', 'commit', 'load', 'decide on 1', 'commit']);
    expect(commits).toMatchObject([{ command: { key: 'k' } }, { command: undefined }]);
  });

  it.each([['conflict'], ['locked'], ['numberTaken'], ['duplicate']])(
    'as %s after closing has given it up is not tried again',
    async (status) => {
      const { activity, asked, counters, executor, submit, test } = refusing(status, 1);
      const hold = gate();
      const { commit } = test;
      test.commit = () => hold.opened.then(commit);
      const { ended } = submit(firing, { identity });
      await turns();
      executor.queue.giveUp();
      expect(await ended).toMatchObject({ code: 'outcomeUnknown' });
      hold.open();
      await turns();
      expect(asked).toEqual(['load', 'decide on 1', 'commit']);
      expect(counters).toMatchObject({ failed: 1, conflicts: 0, lockWaits: 0, rejected: 0 });
      expect(executor.queue).toMatchObject({ pending: 0, bytes: 0 });
      await activity.idle();
    },
  );

  it('is told when it was taken after all, also after closing has given it up', async () => {
    const { cache, executor, submit, test, told } = executing();
    const hold = gate();
    test.commit = () => hold.opened.then(() => ({ status: 'committed' }) as const);
    const { ended } = submit(noting);
    await turns();
    executor.queue.giveUp();
    expect(await ended).toMatchObject({ code: 'outcomeUnknown' });
    hold.open();
    await turns();
    expect(told.recorded).toHaveLength(1);
    expect(cache.size).toBe(1);
  });
});
