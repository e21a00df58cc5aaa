import { describe, expect, it } from 'vitest';
import { Activity } from '../../src/engine/kernel/activity.ts';
import { subscriptionLogger } from '../../src/engine/subscriptions/event-log.ts';
import { Checkpointer } from '../../src/engine/subscriptions/handlers/checkpointer.ts';
import type { ConsumerParts } from '../../src/engine/subscriptions/parts.ts';
import type { LeaseKeeper } from '../../src/engine/subscriptions/sharing/lease-keeper.ts';
import { WorkerLease } from '../../src/engine/subscriptions/sharing/worker-lease.ts';
import { createMovableClock } from '../../src/testing/clock.ts';
import { gate, turns } from './turns.ts';

// What is lost in a crash: at most 256 events, or those of a second; of those passed over, of five.

/** Begins at position 10; writes are the positions that the store was told, and when. */
function checkpointing() {
  const clock = createMovableClock(0);
  const activity = new Activity();
  const writes: [position: number, atMs: number][] = [];
  const warnings: [message: string, fields: object][] = [];
  const test = {
    isHeld: true,
    isOurs: true,
    beforeWrite: async (): Promise<void> => {},
    lost: 0,
  };
  const lease = { position: 10 };
  const keeper = {
    lease,
    hold: async () => test.isHeld,
    write: async (work: (lease: object) => Promise<unknown>) => (await work(lease)) !== undefined,
  } as unknown as LeaseKeeper;
  const nothing = () => {};
  const warn = (message: string, fields: object) => void warnings.push([message, fields]);
  const parts = {
    clock,
    activity,
    settings: { name: 'mailer' },
    logger: subscriptionLogger({ debug: nothing, info: nothing, error: nothing, warn }, 'mailer'),
    store: {
      subscriptions: {
        checkpoint: async (_: object, position: number) => {
          await test.beforeWrite();
          writes.push([position, clock.now()]);
          return test.isOurs ? lease : undefined;
        },
      },
    },
  } as unknown as ConsumerParts;
  const onLost = () => {
    test.lost += 1;
  };
  const checkpointer = new Checkpointer(parts, new WorkerLease(parts, keeper, onLost));
  const passTo = (atMs: number) => clock.runTo(atMs, () => activity.idle());
  return { checkpointer, clock, activity, writes, warnings, test, passTo };
}

describe('a checkpoint', () => {
  it('is written a second after an event was handled, once for all of that second', async () => {
    const { checkpointer, writes, passTo } = checkpointing();
    checkpointer.note(11, true);
    await passTo(900);
    checkpointer.note(12, true);
    await passTo(999);
    expect(writes).toEqual([]);
    await passTo(60_000);
    expect(writes).toEqual([[12, 1000]]);
    checkpointer.note(13, true);
    await passTo(70_000);
    expect(writes.at(-1)).toEqual([13, 61_000]);
  });

  it('is written five seconds after events that were only passed over', async () => {
    const { checkpointer, writes, passTo } = checkpointing();
    checkpointer.note(11, false);
    await passTo(4999);
    expect(writes).toEqual([]);
    await passTo(60_000);
    expect(writes).toEqual([[11, 5000]]);
  });

  it('waits no longer because events that were passed over came first', async () => {
    const { checkpointer, writes, passTo } = checkpointing();
    checkpointer.note(11, false);
    await passTo(500);
    checkpointer.note(12, true);
    await passTo(60_000);
    expect(writes).toEqual([[12, 1500]]);
  });

  it('is written at once when it is 256 positions behind, and not when it is fewer', async () => {
    const { checkpointer, writes, activity, passTo } = checkpointing();
    checkpointer.note(265, true);
    await activity.idle();
    expect(writes).toEqual([]);
    checkpointer.note(266, true);
    await activity.idle();
    expect(writes).toEqual([[266, 0]]);
    await passTo(60_000);
    expect(writes).toHaveLength(1);
  });

  it('is not written where nothing has changed', async () => {
    const { checkpointer, writes, passTo } = checkpointing();
    checkpointer.note(10, true);
    await passTo(60_000);
    await checkpointer.close(10);
    expect(writes).toEqual([]);
  });

  it('is written one at a time, and once more for what came meanwhile', async () => {
    const { checkpointer, writes, activity, test, passTo } = checkpointing();
    const hold = gate();
    test.beforeWrite = () => hold.opened;
    checkpointer.note(300, true);
    checkpointer.note(700, true);
    await turns();
    hold.open();
    await activity.idle();
    expect(writes).toEqual([[300, 0]]);
    await passTo(60_000);
    expect(writes).toEqual([
      [300, 0],
      [700, 1000],
    ]);
  });

  it('that cannot be written is tried again a second later, and a warning says so', async () => {
    const { checkpointer, writes, warnings, test, passTo } = checkpointing();
    const error = new Error('away');
    test.beforeWrite = async () => {
      throw error;
    };
    checkpointer.note(11, true);
    await passTo(1000);
    expect(warnings).toEqual([
      ['A checkpoint could not be written; trying again.', { subscription: 'mailer', error }],
    ]);
    test.beforeWrite = async () => {};
    await passTo(60_000);
    expect(writes).toEqual([[11, 2000]]);
    expect(test.lost).toBe(0);
  });

  it.each([
    ['before it is written', { isHeld: false }, 0],
    ['while it is written', { isOurs: false }, 1],
  ])('tells of a lease that is lost %s', async (_, lost, count) => {
    const { checkpointer, writes, test, passTo } = checkpointing();
    Object.assign(test, lost);
    checkpointer.note(11, true);
    await passTo(1000);
    expect(test.lost).toBe(1);
    expect(writes).toHaveLength(count);
  });
});

describe('the last checkpoint', () => {
  it('is written when the work ends, and none after it', async () => {
    const { checkpointer, writes, passTo } = checkpointing();
    checkpointer.note(11, true);
    await checkpointer.close(12);
    expect(writes).toEqual([[12, 0]]);
    checkpointer.note(500, true);
    await passTo(60_000);
    expect(writes).toHaveLength(1);
  });

  it('comes after one that is being written', async () => {
    const { checkpointer, writes, test, passTo } = checkpointing();
    const hold = gate();
    test.beforeWrite = () => hold.opened;
    checkpointer.note(300, true);
    const closing = checkpointer.close(301);
    await turns();
    expect(writes).toEqual([]);
    hold.open();
    await closing;
    expect(writes.map(([position]) => position)).toEqual([300, 301]);
    await passTo(60_000);
    expect(writes).toHaveLength(2);
  });

  it('is not written when the work is stopped instead', async () => {
    const { checkpointer, clock, writes, passTo } = checkpointing();
    checkpointer.note(11, true);
    checkpointer.stop();
    checkpointer.note(400, true);
    await passTo(60_000);
    expect(writes).toEqual([]);
    expect(clock.now()).toBe(60_000);
  });

  it('that fails is not tried again', async () => {
    const { checkpointer, warnings, test, passTo } = checkpointing();
    test.beforeWrite = async () => {
      throw new Error('away');
    };
    await checkpointer.close(12);
    await passTo(60_000);
    expect(warnings).toHaveLength(1);
  });
});
