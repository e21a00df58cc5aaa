import { describe, expect, it } from 'vitest';
import { TimerShare } from '../../src/engine/timers/timer-share.ts';
import { createMovableClock } from '../../src/testing/clock.ts';
import { due, many } from './timer-kit.ts';

const second = 1000;
const minute = 60 * second;

/** One engine among `others`; `told` is what it said to the store, and when. */
function sharing(members: readonly string[], owner = 'me') {
  const clock = createMovableClock();
  const startedAt = clock.now();
  const told: [name: string, atMs: number][] = [];
  const warnings: [message: string, fields: object][] = [];
  const requests: object[] = [];
  const test = { members, isAway: false };
  const tell = (name: string) => {
    told.push([name, clock.now() - startedAt]);
    if (test.isAway) throw new Error('away');
  };
  const subscriptions = {
    join: async (request: object) => {
      requests.push(request);
      tell('join');
      return test.members;
    },
    leave: async (...parameters: string[]) => {
      requests.push(parameters);
      tell('leave');
    },
  };
  const nothing = () => {};
  const warn = (message: string, fields: object) => void warnings.push([message, fields]);
  const logger = { debug: nothing, info: nothing, error: nothing, warn };
  const store = { subscriptions } as unknown as ConstructorParameters<
    typeof TimerShare
  >[0]['store'];
  const share = new TimerShare({ store, clock, logger, owner });
  /** Asks every quarter of a second for a while, as a loop does that is busy. */
  const pass = async (durationMs: number) => {
    for (let passed = 0; passed < durationMs; passed += 250) {
      clock.advanceBy(250);
      await share.refresh(false);
    }
  };
  return { share, clock, told, warnings, requests, test, pass };
}

/** Whose each of the orders is, as every one of the members sees it. */
async function owners(members: readonly string[], orders: readonly ReturnType<typeof due>[]) {
  const shares = await Promise.all(
    members.map(async (owner) => {
      const { share } = sharing(members, owner);
      await share.refresh(true);
      return { owner, share };
    }),
  );
  return (now: number) =>
    orders.map((order) =>
      shares.filter(({ share }) => share.isOurs(order, now)).map(({ owner }) => owner),
    );
}

describe('an engine that fires deadlines', () => {
  it('says nothing to the store as long as there is little to fire and nobody else', async () => {
    const { share, told, pass } = sharing(['me']);
    await share.refresh(false);
    await pass(minute);
    await share.leave();
    expect(told).toEqual([]);
    expect(share.size).toBe(1);
    expect(share.isOurs(due('any'), 0)).toBe(true);
  });

  it('takes part when there is much to fire, every five seconds, and leaves after fifteen', async () => {
    const { share, clock, told, requests, pass } = sharing(['me']);
    const now = clock.now();
    await share.refresh(true);
    await share.refresh(true);
    expect(share.size).toBe(1);
    await pass(20 * second);
    expect(told).toEqual([
      ['join', 0],
      ['join', 5 * second],
      ['join', 10 * second],
      ['leave', 15 * second],
    ]);
    const name = 'orderchart/timers';
    expect(requests[0]).toEqual({
      subscription: name,
      owner: 'me',
      now,
      durationMs: 15 * second,
    });
    expect(requests.at(-1)).toEqual([name, 'me']);
  });

  it('takes part for ten minutes after another one was felt, and then leaves', async () => {
    const { share, test, told, pass } = sharing(['me', 'other']);
    share.noticeOther();
    await share.refresh(false);
    expect(share.size).toBe(2);
    test.members = ['me'];
    await share.refresh(false);
    await pass(11 * minute);
    expect(share.size).toBe(1);
    const leaves = told.filter(([name]) => name === 'leave');
    expect(leaves).toEqual([['leave', 10 * minute]]);
    expect(told.filter(([name]) => name === 'join')).toHaveLength(120);
  });

  it('goes on as long as it sees another one, and when there was much to fire in between', async () => {
    const { share, told, pass } = sharing(['me', 'other']);
    await share.refresh(true);
    await pass(5 * minute);
    await share.refresh(true);
    await pass(20 * minute);
    expect(told.filter(([name]) => name === 'leave')).toEqual([]);
    expect(told.at(-1)).toEqual(['join', 25 * minute]);
  });

  it('asks at once who else is there when one was first of whom it knows nothing', async () => {
    const { share, told } = sharing(['me']);
    await share.refresh(true);
    share.noticeOther();
    await share.refresh(false);
    expect(told).toEqual([
      ['join', 0],
      ['join', 0],
    ]);
  });

  it('asks again when it has shared for a quarter of a second and one was first all the same', async () => {
    const { share, clock, told } = sharing(['me', 'other']);
    await share.refresh(true);
    clock.advanceBy(249);
    share.noticeOther();
    await share.refresh(false);
    expect(told).toEqual([['join', 0]]);
    clock.advanceBy(1);
    share.noticeOther();
    await share.refresh(false);
    expect(told).toEqual([
      ['join', 0],
      ['join', 250],
    ]);
  });

  it('keeps to those it knows while the store is away, and asks again five seconds later', async () => {
    const { share, clock, test, told, warnings } = sharing(['me', 'other']);
    await share.refresh(true);
    test.isAway = true;
    clock.advanceBy(5 * second);
    await share.refresh(false);
    await share.refresh(false);
    expect(share.size).toBe(2);
    expect(told).toHaveLength(2);
    const warning = [
      'Could not update which engines fire deadlines; firing them anyway.',
      { error: new Error('away') },
    ];
    expect(warnings).toEqual([warning]);
    await share.leave();
    expect(warnings).toEqual([warning, warning]);
    expect(share.size).toBe(1);
  });
});

describe('a deadline that several engines see', () => {
  const members = ['a', 'b', 'c'];
  const orders = many(900);

  it('is one engine’s, about as many each one’s', async () => {
    const seen = await owners(members, orders);
    const first = seen(orders[0]?.deadline.dueAt ?? 0);
    expect(first.every((each) => each.length === 1)).toBe(true);
    for (const member of members) {
      const count = first.filter(([owner]) => owner === member).length;
      expect(count).toBeGreaterThan(250);
      expect(count).toBeLessThan(350);
    }
  });

  it('is the next one’s a second later, and anybody’s after a round', async () => {
    const seen = await owners(members, orders);
    const dueAt = orders[0]?.deadline.dueAt ?? 0;
    const first = seen(dueAt);
    const next = first.map(([owner]) => [members[(members.indexOf(owner ?? '') + 1) % 3]]);
    expect(seen(dueAt + 999)).toEqual(first);
    expect(seen(dueAt + second)).toEqual(next);
    expect(seen(dueAt + 2999).every((each) => each.length === 1)).toBe(true);
    expect(seen(dueAt + 3000)).toEqual(orders.map(() => members));
  });

  it('is the same one’s whatever version of the engine asks: by FNV-1a of tenant and order', async () => {
    const names = Array.from({ length: 9973 }, (_, index) => `engine-${index}`);
    // The published values of the hash.
    for (const [tenantId, orderId, hash] of [
      ['', 'a', 0xe40c292c],
      ['foo', 'bar', 0xbf9cf968],
      ['fooba', 'r', 0xbf9cf968],
    ] as const) {
      const { share } = sharing(names, names[hash % names.length]);
      await share.refresh(true);
      expect(share.isOurs(due(orderId, 10, 'a.b.c', tenantId), 10)).toBe(true);
    }
  });
});
