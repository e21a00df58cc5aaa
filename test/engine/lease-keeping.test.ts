import type { FeedEntry, Lease, SubscriptionStore } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { LeaseKeeper, renewalMs } from '../../src/engine/subscriptions/sharing/lease-keeper.ts';
import { createMovableClock } from '../../src/testing/clock.ts';
import { gate, turns } from './turns.ts';

// When a lease is renewed, and under which revision things are written.

const durationMs = 15_000;

async function keeping(isFree = true) {
  const clock = createMovableClock(1000);
  const asked: [what: string, lease: Lease, now?: number, durationMs?: number][] = [];
  const histories: number[] = [];
  const test = {
    /** What a renewal comes to; a revision, or nothing when the lease is another's. */
    renew: async (): Promise<number | undefined> => 2,
  };
  const first = { revision: 1, history: 9, position: 5 } as unknown as Lease;
  const store = {
    acquire: async () => (isFree ? first : undefined),
    renew: async (...what: [Lease, number, number]) => {
      asked.push(['renew', ...what]);
      const revision = await test.renew();
      return revision === undefined ? undefined : { ...what[0], revision };
    },
    release: async (lease: Lease) => void asked.push(['release', lease]),
  } as unknown as SubscriptionStore;
  const sawHistory = (history: number) => void histories.push(history);
  const keeper = await LeaseKeeper.acquire(
    store,
    { clock, hostClock: clock, sawHistory },
    { subscription: 'mailer', partition: 0, owner: 'me', durationMs, startPosition: 0 },
  );
  return { keeper, clock, asked, histories, test };
}

async function kept() {
  const { keeper, ...rest } = await keeping();
  if (keeper === undefined) throw new Error('The lease is free.');
  return { keeper, ...rest };
}

const revisions = (asked: readonly [string, Lease, ...unknown[]][]) =>
  asked.map(([what, { revision }]) => [what, revision]);

describe('a lease', () => {
  it('is nobody’s here when another has it, and its history is not heard of', async () => {
    const { keeper, histories } = await keeping(false);
    expect(keeper).toBeUndefined();
    expect(histories).toEqual([]);
    expect((await keeping()).histories).toEqual([9]);
  });

  it('is renewed when a third of it has passed, and not before', async () => {
    const { keeper, clock, asked } = await kept();
    expect(renewalMs(durationMs)).toBe(5000);
    expect(renewalMs(100)).toBe(33);
    clock.advanceBy(4999);
    expect(await keeper.hold()).toBe(true);
    expect(asked).toEqual([]);
    clock.advanceBy(1);
    expect(await keeper.hold()).toBe(true);
    expect(asked).toMatchObject([['renew', { revision: 1 }, 6000, durationMs]]);
    clock.advanceBy(4999);
    expect(await keeper.hold()).toBe(true);
    expect(asked).toHaveLength(1);
    clock.advanceBy(1);
    expect(await keeper.hold()).toBe(true);
    expect(revisions(asked)).toEqual([
      ['renew', 1],
      ['renew', 2],
    ]);
  });

  it('is renewed once for all who ask meanwhile', async () => {
    const { keeper, clock, asked, test } = await kept();
    const hold = gate();
    test.renew = async () => {
      await hold.opened;
      return 2;
    };
    clock.advanceBy(6000);
    let answers = 0;
    const ask = () =>
      keeper.hold().then((isOurs) => {
        expect(isOurs).toBe(true);
        answers += 1;
      });
    const all = [ask(), ask()];
    await turns();
    all.push(ask());
    await turns();
    expect(answers).toBe(0);
    hold.open();
    await Promise.all(all);
    expect(asked).toHaveLength(1);
  });

  it('is not ours when the store says so', async () => {
    const { keeper, clock, test } = await kept();
    test.renew = async () => undefined;
    clock.advanceBy(5000);
    expect(await keeper.hold()).toBe(false);
    expect(keeper.lease.revision).toBe(1);
    // Nor the next time that somebody asks.
    expect(await keeper.hold()).toBe(false);
  });

  it.each([
    [9999, true],
    [10_000, false],
  ])('that cannot be renewed after %d ms of fifteen seconds is ours: %s', async (ageMs, isOurs) => {
    const { keeper, clock, asked, test } = await kept();
    const error = new Error('away');
    test.renew = async () => {
      throw error;
    };
    clock.advanceBy(ageMs);
    if (isOurs) expect(await keeper.hold()).toBe(true);
    else await expect(keeper.hold()).rejects.toBe(error);
    // The next one tries again.
    test.renew = async () => 2;
    expect(await keeper.hold()).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it('is counted from before the store was asked for it', async () => {
    const { keeper, clock, asked, test } = await kept();
    test.renew = async () => {
      clock.advanceBy(4000);
      return 2;
    };
    clock.advanceBy(5000);
    expect(await keeper.hold()).toBe(true);
    clock.advanceBy(1000);
    expect(await keeper.hold()).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it('is given back as it was last told', async () => {
    const { keeper, clock, asked } = await kept();
    clock.advanceBy(5000);
    await keeper.hold();
    await keeper.release();
    expect(revisions(asked).at(-1)).toEqual(['release', 2]);
  });
});

describe('what is written under a lease', () => {
  it('goes one after the other, each with the revision of the one before', async () => {
    const { keeper } = await kept();
    const seen: number[] = [];
    const hold = gate();
    const first = keeper.write(async (lease) => {
      seen.push(lease.revision);
      await hold.opened;
      return { ...lease, revision: 7, position: 100 };
    });
    const second = keeper.write(async (lease) => {
      seen.push(lease.revision);
      return undefined;
    });
    await turns();
    expect(seen).toEqual([1]);
    hold.open();
    expect(await first).toBe(true);
    expect(await second).toBe(false);
    expect(seen).toEqual([1, 7]);
    expect(keeper.lease).toMatchObject({ revision: 7, position: 5, history: 9 });
  });

  it('and fails holds up nothing', async () => {
    const { keeper } = await kept();
    const failing = keeper.write(async () => {
      throw new Error('away');
    });
    const next = keeper.write(async (lease) => lease);
    await expect(failing).rejects.toThrow('away');
    expect(await next).toBe(true);
  });

  it('names the last event that was read', async () => {
    const { keeper } = await kept();
    const entry = (position: number) =>
      ({
        partition: 0,
        position,
        event: { id: `event-${position}`, data: {}, status: {} },
      }) as unknown as FeedEntry;
    const pages = [[entry(6), entry(7)], []];
    const store = { feed: async () => pages.shift() ?? [] };
    expect((await keeper.read(store, 5, 10)).entries).toHaveLength(2);
    expect(keeper.lease.seen).toEqual({ position: 7, eventId: 'event-7' });
    await keeper.read(store, 7, 10);
    expect(keeper.lease).toMatchObject({
      seen: { position: 7, eventId: 'event-7' },
      revision: 1,
    });
  });
});
