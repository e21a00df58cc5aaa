import type { OrderStore } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { retryDelayMs, scheduleRetry } from '../../src/engine/kernel/backoff.ts';
import { Progress } from '../../src/engine/subscriptions/handlers/progress.ts';
import { CatchUp } from '../../src/engine/subscriptions/sharing/catch-up.ts';
import { createMovableClock } from '../../src/testing/clock.ts';
import { gate, turns } from './turns.ts';

/** Somebody who waits for three partitions that end at 5, 0 and 7. */
function waiting() {
  const clock = createMovableClock();
  const startedAt = clock.now();
  const polls: number[] = [];
  const test = {
    ours: new Map<number, number>(),
    checkpoints: async (): Promise<readonly { partition: number; position: number }[]> => [],
    feedEnd: async (partition: number) => [5, 0, 7][partition] ?? 0,
  };
  const names: string[] = [];
  const store = {
    features: { partitions: 3 },
    feedEnd: (partition: number) => test.feedEnd(partition),
    subscriptions: {
      checkpoints: (name: string) => {
        names.push(name);
        polls.push(clock.now() - startedAt);
        return test.checkpoints();
      },
    },
  } as unknown as OrderStore;
  const positionOf = (partition: number) => test.ours.get(partition);
  const catchUp = new CatchUp({ store, clock, random: () => 1, name: 'mailer', positionOf });
  const wait = () => {
    const waiter = { has: 'not arrived' };
    catchUp.caughtUp().then(
      () => {
        waiter.has = 'arrived';
      },
      (error: { readonly code: string; readonly message: string; readonly details: object }) => {
        waiter.has = `${error.code}: ${error.message} ${JSON.stringify(error.details)}`;
      },
    );
    return waiter;
  };
  const pass = (durationMs: number) => clock.runTo(clock.now() + durationMs, () => turns(3));
  return { catchUp, test, wait, polls, names, pass, clock };
}

describe('who waits for a subscription to catch up', () => {
  it('waits until every partition has come as far as the feed was, and no further', async () => {
    const { catchUp, test, wait } = waiting();
    test.ours = new Map([[0, 4]]);
    const waiter = wait();
    await turns(3);
    for (const [partition, position] of [
      [1, 0],
      [0, 5],
      [2, 6],
    ] as const) {
      test.ours.set(partition, position);
      catchUp.check();
      await turns(3);
      expect(waiter.has).toBe('not arrived');
    }
    test.ours.set(2, 7);
    catchUp.check();
    await turns(3);
    expect(waiter.has).toBe('arrived');
    // What was reached once stays reached, for the others as well.
    const second = wait();
    await turns(3);
    expect(second.has).toBe('arrived');
  });

  it('does not wait for an empty partition that somebody else has, once its checkpoint tells', async () => {
    const { test, wait, pass, names } = waiting();
    test.ours = new Map([
      [0, 5],
      [2, 9],
    ]);
    const waiter = wait();
    await pass(100);
    expect(waiter.has).toBe('not arrived');
    test.checkpoints = async () => [{ partition: 1, position: 0 }];
    await pass(1000);
    expect(waiter.has).toBe('arrived');
    expect(new Set(names)).toEqual(new Set(['mailer']));
  });

  it('has the checkpoints looked up more and more seldom, once a second in the end', async () => {
    const { catchUp, wait, polls, pass } = waiting();
    wait();
    await turns(3);
    await pass(4000);
    expect(polls).toEqual([25, 75, 175, 375, 775, 1575, 2575, 3575]);
    // Who comes later begins anew.
    wait();
    await turns(3);
    polls.length = 0;
    await pass(200);
    expect(polls).toEqual([4025, 4075, 4175]);
    catchUp.close();
    await pass(10_000);
    expect(polls).toHaveLength(3);
  });

  it('waits for the feed as it is after the store was set back, and not for what comes then', async () => {
    const { catchUp, test, wait, pass, polls } = waiting();
    test.feedEnd = async () => 50;
    const waiter = wait();
    await pass(5000);
    // Looked at soon, and once: what is added later is waited for by nobody.
    const before = polls.length;
    test.feedEnd = async () => 3;
    catchUp.refreshEnds();
    await pass(1000);
    expect(polls.length).toBeGreaterThan(before);
    expect(waiter.has).toBe('not arrived');
    test.feedEnd = async () => 50;
    await pass(2000);
    test.checkpoints = async () => [0, 1, 2].map((partition) => ({ partition, position: 3 }));
    await pass(2000);
    expect(waiter.has).toBe('arrived');
  });

  it('is not looked for any longer once it has arrived', async () => {
    const { catchUp, test, wait, polls, pass } = waiting();
    wait();
    await pass(100);
    const before = polls.length;
    test.ours = new Map([0, 1, 2].map((partition) => [partition, 10]));
    catchUp.check();
    await pass(10_000);
    expect(polls.length).toBeLessThanOrEqual(before + 1);
  });

  it('goes on waiting while the store is away', async () => {
    const { test, wait, pass } = waiting();
    test.checkpoints = async () => {
      throw new Error('away');
    };
    const waiter = wait();
    await pass(3000);
    expect(waiter.has).toBe('not arrived');
    test.checkpoints = async () => [0, 1, 2].map((partition) => ({ partition, position: 10 }));
    await pass(1000);
    expect(waiter.has).toBe('arrived');
  });

  it.each(['after the ends of the feed were told', 'before'])(
    'is told when the subscription is closed, %s',
    async (moment) => {
      const { catchUp, test, wait, pass, polls } = waiting();
      const hold = gate();
      const { feedEnd } = test;
      if (moment === 'before')
        test.feedEnd = (partition) => hold.opened.then(() => feedEnd(partition));
      const waiter = wait();
      await turns(3);
      catchUp.close();
      await turns(3);
      const told =
        "aborted: The subscription 'mailer' was closed before it had caught up. " +
        '{"name":"mailer"}';
      expect(waiter.has).toBe(told);
      hold.open();
      const late = wait();
      await pass(5000);
      expect(late.has).toBe(told);
      expect(polls).toEqual([]);
    },
  );
});

describe('the progress in a partition', () => {
  it('is the end of the run in which all is done, whatever is done behind it', () => {
    const progress = new Progress(10);
    expect([progress.read, progress.done, progress.unfinishedCount]).toEqual([10, 10, 0]);
    for (const position of [11, 12, 14]) progress.advance(position, 100);
    progress.advance(15, undefined);
    expect([progress.read, progress.done, progress.unfinishedCount]).toEqual([15, 10, 3]);
    progress.finish(12);
    expect([progress.done, progress.unfinishedCount]).toEqual([10, 2]);
    progress.finish(11);
    // What is no event of ours lies between.
    expect(progress.done).toBe(13);
    progress.finish(14);
    expect([progress.read, progress.done, progress.unfinishedCount]).toEqual([15, 15, 0]);
  });
});

describe('the room for more events of a partition', () => {
  it('ends with a thousand that are not done', () => {
    const progress = new Progress(0);
    expect(progress.capacity).toBe(1000);
    for (let position = 1; position <= 1001; position += 1) progress.advance(position, 1);
    expect(progress.capacity).toBe(0);
    progress.finish(1);
    progress.finish(2);
    expect(progress.capacity).toBe(1);
  });

  it('ends with four megabytes, and comes back with what is done', () => {
    const progress = new Progress(0);
    progress.advance(1, 3_999_999);
    expect(progress.capacity).toBe(999);
    progress.advance(2, 1);
    expect(progress.capacity).toBe(0);
    progress.finish(7);
    expect(progress.capacity).toBe(0);
    progress.finish(2);
    progress.finish(2);
    expect(progress.capacity).toBe(999);
    progress.advance(3, 1);
    expect(progress.capacity).toBe(0);
  });
});

describe('the pause before the next attempt', () => {
  const policy = { initialDelayMs: 100, maximumDelayMs: 1000 };

  it.each([
    [1, 1, 100],
    [1, 0, 50],
    [2, 1, 200],
    [3, 0.5, 300],
    [5, 1, 1000],
    [5, 0, 500],
    [10_000, 1, 1000],
  ])('after %i failures, with %d of luck, is %i ms', (attempts, random, delayMs) => {
    expect(retryDelayMs(policy, attempts, random)).toBe(delayMs);
  });

  it('grows no more after forty doublings, and is never nothing', () => {
    const long = { initialDelayMs: 1, maximumDelayMs: Number.MAX_VALUE };
    expect(retryDelayMs(long, 41, 1)).toBe(2 ** 40);
    expect(retryDelayMs(long, 42, 1)).toBe(2 ** 40);
    expect(retryDelayMs({ initialDelayMs: 0, maximumDelayMs: 0 }, 1, 1)).toBe(1);
  });

  it('is waited for, unless it is taken back', async () => {
    const clock = createMovableClock();
    let calls = 0;
    const call = () => {
      calls += 1;
    };
    scheduleRetry({ clock, random: () => 1 }, policy, 2, call);
    const cancel = scheduleRetry({ clock, random: () => 1 }, policy, 1, call);
    cancel();
    clock.advanceBy(199);
    expect(calls).toBe(0);
    clock.advanceBy(1);
    expect(calls).toBe(1);
  });
});
