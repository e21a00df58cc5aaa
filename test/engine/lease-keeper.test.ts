import { createMemoryStore, type OrderStore } from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import { LeaseKeeper } from '../../src/engine/subscriptions/sharing/lease-keeper.ts';

// A lease is judged by its age at the moment of the answer, not at that of the question.

const durationMs = 15_000;

/** A keeper whose store takes its time over a renewal, and what it then does. */
async function keeperWith(renewal: (store: OrderStore) => Promise<void>) {
  const clock = createMovableClock();
  const store = createMemoryStore();
  await store.open();
  const renew = store.subscriptions.renew.bind(store.subscriptions);
  const subscriptions = {
    ...store.subscriptions,
    acquire: store.subscriptions.acquire.bind(store.subscriptions),
    renew: async (...what: Parameters<typeof renew>) => {
      const isOurs = await renew(...what);
      await renewal(store);
      return isOurs;
    },
  };
  const keeper = await LeaseKeeper.acquire(
    subscriptions,
    { clock, hostClock: clock },
    { subscription: 'mailer', partition: 0, owner: 'we', durationMs, startPosition: 0 },
  );
  if (keeper === undefined) throw new Error('The lease is free.');
  return { keeper, clock, store };
}

describe('a lease', () => {
  it('is not ours when its renewal failed after it had ended', async () => {
    const { keeper, clock } = await keeperWith(async () => {
      clock.advanceBy(33_000);
      throw new Error('the server did not answer');
    });
    clock.advanceBy(6_000);
    await expect(keeper.hold()).rejects.toThrow('the server did not answer');
  });

  it('is asked for again when the answer came after it had ended', async () => {
    let renewals = 0;
    const { keeper, clock, store } = await keeperWith(async () => {
      renewals += 1;
      if (renewals > 1) return;
      // Meanwhile it ends, and somebody else takes it.
      clock.advanceBy(20_000);
      const others = { subscription: 'mailer', partition: 0, owner: 'others', startPosition: 0 };
      await store.subscriptions.acquire({ ...others, now: clock.now(), durationMs });
    });
    clock.advanceBy(6_000);
    expect(await keeper.hold()).toBe(false);
    expect(renewals).toBe(2);
  });

  it('is ours while it lasts, although a renewal fails', async () => {
    const { keeper, clock } = await keeperWith(async () => {
      throw new Error('the server is away');
    });
    clock.advanceBy(6_000);
    expect(await keeper.hold()).toBe(true);
  });
});
