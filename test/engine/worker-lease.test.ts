import { describe, expect, it } from 'vitest';
import type { ConsumerParts } from '../../src/engine/subscriptions/parts.ts';
import type { LeaseKeeper } from '../../src/engine/subscriptions/sharing/lease-keeper.ts';
import { WorkerLease } from '../../src/engine/subscriptions/sharing/worker-lease.ts';
import { gate, turns } from './turns.ts';

// The lease as the parts of a worker see it.

function leasing() {
  const told: unknown[] = [];
  const warnings: unknown[] = [];
  const test = {
    hold: async (): Promise<boolean> => true,
    checkpoint: async (): Promise<object | undefined> => lease,
  };
  const lease = { position: 10 };
  const store = {
    subscriptions: {
      checkpoint: (of: object, position: number) => {
        told.push(['checkpoint', of, position]);
        return test.checkpoint();
      },
    },
  };
  const keeper = {
    lease,
    hold: () => test.hold(),
    read: async (...args: unknown[]) => {
      told.push(['read', ...args]);
      return 'a page';
    },
    write: async (work: (of: object) => Promise<unknown>) => (await work(lease)) !== undefined,
  } as unknown as LeaseKeeper;
  const logger = { warn: (...args: unknown[]) => void warnings.push(args) };
  const parts = { store, logger } as unknown as ConsumerParts;
  const ends: unknown[] = [];
  const own = new WorkerLease(parts, keeper, (...args) => void ends.push(args));
  const state = () => ({ isStopping: own.isStopping, isOver: own.isOver });
  return { lease, store, own, told, warnings, ends, test, state };
}

const running = { isStopping: false, isOver: false };
const over = { isStopping: true, isOver: true };

describe('the lease of a worker', () => {
  it('is as the store last reported it, and reads under it', async () => {
    const { own, lease, store, told, state } = leasing();
    expect(own.current).toBe(lease);
    expect(await own.read(5, 256)).toBe('a page');
    expect(told).toEqual([['read', store, 5, 256]]);
    expect(state()).toEqual(running);
  });

  it('is held while the store says so, and ends the worker once when not', async () => {
    const { own, ends, test, state } = leasing();
    expect(await own.hold()).toBe(true);
    expect([ends, state()]).toEqual([[], running]);
    test.hold = async () => false;
    expect(await own.hold()).toBe(false);
    expect(await own.hold()).toBe(false);
    own.end(false);
    expect([ends, state()]).toEqual([[[true, false]], over]);
  });

  it('is not held any more when the worker ended meanwhile', async () => {
    const { own, test } = leasing();
    test.hold = async () => {
      own.end(false);
      return true;
    };
    expect(await own.hold()).toBe(false);
  });

  it('ends the worker when a write finds it lost', async () => {
    const { own, lease, ends, state } = leasing();
    expect(await own.write(async (of) => of)).toBe(true);
    expect([ends, state()]).toEqual([[], running]);
    expect(await own.write(async (of) => (of === lease ? undefined : of))).toBe(false);
    expect([ends, state()]).toEqual([[[true, false]], over]);
  });

  it('tells whether the worker was abandoned, and whether it was stopping already', async () => {
    const abandoned = leasing();
    abandoned.own.end(false);
    expect(abandoned.ends).toEqual([[false, false]]);
    const stopping = leasing();
    await stopping.own.stop(Promise.resolve());
    expect(stopping.state()).toEqual({ isStopping: true, isOver: false });
    stopping.own.end(true);
    expect([stopping.ends, stopping.state()]).toEqual([[[true, true]], over]);
  });

  it('is over after the last write of a worker that stopped, which nobody hears of', () => {
    const { own, ends, state } = leasing();
    own.close();
    expect(state()).toMatchObject({ isOver: true });
    own.end(true);
    expect(ends).toEqual([]);
  });
});

describe('a checkpoint under the lease', () => {
  it('is written with it, and says so', async () => {
    const { own, lease, told, warnings } = leasing();
    expect(await own.checkpoint(12)).toBe(true);
    expect(told).toEqual([['checkpoint', lease, 12]]);
    expect(warnings).toEqual([]);
  });

  it('is not written when the lease is lost before', async () => {
    const { own, told, ends, test } = leasing();
    test.hold = async () => false;
    expect(await own.checkpoint(12)).toBe(false);
    expect([told, ends]).toEqual([[], [[true, false]]]);
  });

  it('is not written when the lease is lost in the store', async () => {
    const { own, ends, test } = leasing();
    test.checkpoint = async () => undefined;
    expect(await own.checkpoint(12)).toBe(false);
    expect(ends).toEqual([[true, false]]);
  });

  it.each(['hold', 'checkpoint'] as const)('that fails to %s is logged, no more', async (step) => {
    const { own, warnings, ends, test } = leasing();
    const error = new Error('away');
    test[step] = async () => {
      throw error;
    };
    expect(await own.checkpoint(12)).toBe(false);
    expect(warnings).toEqual([['A checkpoint could not be written; trying again.', { error }]]);
    expect(ends).toEqual([]);
  });
});

describe('a worker that stops', () => {
  async function stopping() {
    const { own, state } = leasing();
    const [patience, work] = [gate(), gate()];
    void own.work.during(work.opened);
    let isStopped = false;
    void own.stop(patience.opened).then(() => {
      isStopped = true;
    });
    await turns(3);
    expect([isStopped, state().isStopping]).toEqual([false, true]);
    const stopped = async () => {
      await turns(3);
      return isStopped;
    };
    return { patience, work, stopped };
  }

  it('waits for the work in progress', async () => {
    const { work, stopped } = await stopping();
    work.open();
    expect(await stopped()).toBe(true);
  });

  it('waits no longer than there is patience', async () => {
    const { patience, stopped } = await stopping();
    patience.open();
    expect(await stopped()).toBe(true);
  });
});
