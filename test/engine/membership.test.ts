import { describe, expect, it } from 'vitest';
import { Activity } from '../../src/engine/kernel/activity.ts';
import { subscriptionLogger } from '../../src/engine/subscriptions/event-log.ts';
import {
  Membership,
  type MembershipParts,
} from '../../src/engine/subscriptions/sharing/membership.ts';
import { createMovableClock } from '../../src/testing/clock.ts';
import { gate, turns } from './turns.ts';

function memberOf(members: readonly string[], over: Partial<MembershipParts> = {}) {
  const clock = createMovableClock();
  const startedAt = clock.now();
  const activity = new Activity();
  const calls: [name: string, atMs: number, given: unknown][] = [];
  const warnings: [message: string, fields: object][] = [];
  const test = { members, answer: async () => {}, beats: 0 };
  const tell = async (name: string, given: unknown) => {
    calls.push([name, clock.now() - startedAt, given]);
    await test.answer();
  };
  const store = {
    subscriptions: {
      join: async (request: object) => {
        await tell('join', request);
        return test.members;
      },
      leave: (...names: string[]) => tell('leave', names),
    },
  } as unknown as MembershipParts['store'];
  const nothing = () => {};
  const warn = (message: string, fields: object) => void warnings.push([message, fields]);
  const logger = subscriptionLogger(
    { debug: nothing, info: nothing, error: nothing, warn },
    'mailer',
  );
  const rest = { random: () => 1, owner: 'me', leaseDurationMs: 30_000 };
  const parts = { store, clock, activity, logger, ...rest, ...over };
  const membership = new Membership(parts, 'mailer', () => {
    test.beats += 1;
  });
  const pass = (durationMs: number) => clock.runTo(clock.now() + durationMs, () => turns(3));
  const times = () => calls.map(([, atMs]) => atMs);
  return { membership, calls, warnings, test, pass, times, activity, clock };
}

const owned = (membership: Membership) => [0, 1, 2, 3, 4, 5].filter((at) => membership.owns(at));

describe('a member of a subscription', () => {
  it('has all partitions until it hears of others, and then every third of three', async () => {
    const { membership, test } = memberOf(['first', 'me', 'third']);
    expect(membership.isShared).toBe(false);
    expect(owned(membership)).toEqual([0, 1, 2, 3, 4, 5]);
    await membership.beat();
    expect(membership.isShared).toBe(true);
    expect(owned(membership)).toEqual([1, 4]);
    test.members = ['me', 'third'];
    await membership.beat();
    expect(owned(membership)).toEqual([0, 2, 4]);
    expect(membership.isShared).toBe(true);
    // A store that does not know us after all: better twice than not at all.
    test.members = ['others', 'only'];
    await membership.beat();
    expect(membership.isShared).toBe(false);
    expect(owned(membership)).toHaveLength(6);
  });

  it('tells the store for how long it counts, asks once at a time, and hears of each answer', async () => {
    const { membership, calls, test, activity } = memberOf(['me']);
    const hold = gate();
    test.answer = () => hold.opened;
    const beats = [membership.beat(), membership.beat()];
    let isIdle = false;
    void activity.idle().then(() => {
      isIdle = true;
    });
    await turns(2);
    expect(calls).toHaveLength(1);
    expect(calls[0]?.[2]).toMatchObject({
      subscription: 'mailer',
      owner: 'me',
      durationMs: 30_000,
      now: expect.any(Number),
    });
    expect(isIdle).toBe(false);
    expect(test.beats).toBe(0);
    hold.open();
    await Promise.all(beats);
    await turns(2);
    expect(isIdle).toBe(true);
    expect(test.beats).toBe(1);
    await membership.beat();
    expect(calls).toHaveLength(2);
  });

  it.each([
    ['every second', 30_000, 1, 1000],
    ['up to a quarter earlier, so that not all ask at once', 30_000, 0, 750],
    ['every third of a lease that is short', 1500, 1, 500],
  ])('asks again later: %s', async (_, leaseDurationMs, random, expected) => {
    const { membership, times, pass } = memberOf(['me'], { leaseDurationMs, random: () => random });
    membership.beatLater();
    await pass(5000);
    expect(times()).toEqual([expected]);
  });

  it.each([
    ['at once when it has not asked lately', 5000, 0, 5000],
    ['a little later, so that not all ask at once', 5000, 1, 5025],
    ['a quarter of a second after it last asked', 100, 0, 250],
  ])('asks soon when something has changed: %s', async (_, afterMs, random, expected) => {
    const { membership, times, pass } = memberOf(['me'], { random: () => random });
    await membership.beat();
    await pass(afterMs);
    membership.beatSoon();
    membership.beatSoon();
    await pass(5000);
    expect(times()).toEqual([0, expected]);
  });

  it('asks soon although it has never asked', async () => {
    const { membership, times, pass } = memberOf(['me'], { random: () => 0 });
    membership.beatSoon();
    await pass(5000);
    expect(times()).toEqual([0]);
  });

  it('asks no second time for what it has just asked', async () => {
    const { membership, times, pass } = memberOf(['me']);
    membership.beatLater();
    await membership.beat();
    await pass(5000);
    expect(times()).toEqual([0]);
  });

  it('goes on with those it knows when the store is away, and says so', async () => {
    const { membership, test, warnings } = memberOf(['first', 'me']);
    await membership.beat();
    const error = new Error('away');
    test.answer = async () => {
      throw error;
    };
    await membership.beat();
    expect(owned(membership)).toEqual([1, 3, 5]);
    expect(test.beats).toBe(2);
    expect(warnings).toEqual([
      [
        'The members of a subscription could not be read; trying again.',
        { subscription: 'mailer', error },
      ],
    ]);
  });

  it('leaves when it is closed, after what it has asked was answered, and asks no more', async () => {
    const { membership, calls, test, pass } = memberOf(['me']);
    const hold = gate();
    test.answer = () => hold.opened;
    void membership.beat();
    membership.beatLater();
    const closing = membership.close();
    await turns(2);
    expect(calls.map(([name]) => name)).toEqual(['join']);
    hold.open();
    await closing;
    membership.beatLater();
    membership.beatSoon();
    await pass(5000);
    expect(calls.map(([name, , given]) => [name, given]).slice(1)).toEqual([
      ['leave', ['mailer', 'me']],
    ]);
    expect(test.beats).toBe(0);
  });

  it('tells a store that asks more than once whether it is still worth while', async () => {
    const { membership, calls } = memberOf(['me']);
    await membership.beat();
    const request = calls[0]?.[2] as { isRunning(): boolean } | undefined;
    expect(request?.isRunning()).toBe(true);
    await membership.close();
    expect(request?.isRunning()).toBe(false);
  });

  it('is closed although the store cannot be told, and says so', async () => {
    const { membership, test, warnings } = memberOf(['me']);
    const error = new Error('away');
    test.answer = async () => {
      throw error;
    };
    await membership.close();
    expect(warnings).toEqual([
      [
        'A subscription could not be left; its membership expires.',
        { subscription: 'mailer', error },
      ],
    ]);
  });
});
