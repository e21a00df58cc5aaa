import type { DueOrder, OrderRecord, OrderStore } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { Activity } from '../../src/engine/kernel/activity.ts';
import { TimerFiring } from '../../src/engine/timers/timer-firing.ts';
import { Timers } from '../../src/engine/timers/timers.ts';
import { OrderchartError } from '../../src/errors.ts';
import { away, due, failuresWith, many } from './timer-kit.ts';
import { gate, turns } from './turns.ts';

const second = 1000;

describe('firing deadlines', () => {
  function firing(fire: (due: DueOrder) => Promise<boolean>) {
    const { failures, lines } = failuresWith();
    return { failures, lines, firing: new TimerFiring(fire, failures) };
  }

  it('tells whether another engine was first, and forgets what went well', async () => {
    const test = firing(async ({ orderId }) => orderId === 'ours');
    test.failures.add(due('ours'));
    expect(await test.firing.fireEach([due('ours')])).toEqual({ wasTaken: false, forgotten: 0 });
    expect(test.failures.size).toBe(0);
    const both = await test.firing.fireEach([due('ours'), due('theirs')]);
    expect(both).toEqual({ wasTaken: true, forgotten: 0 });
    expect(await test.firing.fireEach([])).toEqual({ wasTaken: false, forgotten: 0 });
  });

  it('fires side by side', async () => {
    const hold = gate();
    let begun = 0;
    const test = firing(async () => {
      begun += 1;
      await hold.opened;
      return true;
    });
    const fired = test.firing.fireEach(many(3));
    expect(begun).toBe(3);
    hold.open();
    await fired;
  });

  it('blames an order for what is about it, and counts what cannot be remembered', async () => {
    const test = firing(async () => {
      throw new OrderchartError('contention', 'held');
    });
    for (const each of many(4095, 'other')) test.failures.add(each);
    expect(await test.firing.fireEach(many(3))).toEqual({ wasTaken: false, forgotten: 2 });
    expect(test.failures.size).toBe(4096);
    expect(test.lines).toHaveLength(3);
  });

  it.each(['storeUnavailable', 'outcomeUnknown', 'storeClosed', 'storeDefect'] as const)(
    'blames none when all fail with %s, and tries fewer and fewer until one stands alone',
    async (code) => {
      const test = firing(async () => {
        throw new OrderchartError(code, 'away');
      });
      const sizes: number[] = [];
      for (let size = test.firing.chunkSize; sizes.at(-1) !== 1; size = test.firing.chunkSize) {
        sizes.push(size);
        test.firing.begin();
        await expect(test.firing.fireEach(many(size))).rejects.toMatchObject({ code });
        expect(test.failures.size).toBe(size === 1 ? 1 : 0);
      }
      expect(sizes).toEqual([256, 32, 4, 1]);
      expect(test.firing.chunkSize).toBe(1);
      expect(test.lines).toEqual([]);
    },
  );

  it('blames those that fail like a store that is away when it has answered for others', async () => {
    let isAway = true;
    const test = firing(async ({ orderId }) => {
      if (isAway || orderId.startsWith('bad')) throw away();
      return true;
    });
    await expect(test.firing.fireEach(many(32))).rejects.toThrow();
    expect(test.firing.chunkSize).toBe(4);
    isAway = false;
    await test.firing.fireEach([due('good'), due('bad-1')]);
    expect(test.firing.chunkSize).toBe(32);
    expect(test.failures.size).toBe(1);
    await test.firing.fireEach([due('bad-2'), due('bad-3')]);
    expect(test.failures.size).toBe(3);
    expect(test.firing.chunkSize).toBe(256);
    test.firing.begin();
    await expect(test.firing.fireEach([due('bad-4'), due('bad-5')])).rejects.toThrow();
    expect(test.failures.size).toBe(3);
  });
});

function timersWith(over: Partial<OrderStore>, fire: (due: DueOrder) => Promise<boolean>) {
  const { clock, lines } = failuresWith();
  const activity = new Activity();
  const store = {
    features: { durable: false, shared: false, partitions: 1, transactions: false },
    due: async () => [],
    nextDueAt: async () => undefined,
    ...over,
  } as unknown as OrderStore;
  const error = (message: string, fields: object) =>
    void lines.push({ message, fields: { ...fields } });
  const nothing = () => {};
  const logger = { debug: nothing, info: nothing, warn: nothing, error };
  const parts = { store, clock, activity, logger, random: () => 1, owner: 'me', fire };
  return { timers: new Timers(parts), clock, activity, lines };
}

describe('the loop of timers', () => {
  it('stops only when what it is firing has ended, and fires nothing afterwards', async () => {
    const hold = gate();
    const fired: string[] = [];
    const pages = [many(256), many(3, 'later')];
    const { timers } = timersWith({ due: async () => pages.shift() ?? [] }, async ({ orderId }) => {
      fired.push(orderId);
      await hold.opened;
      return true;
    });
    timers.start();
    await turns();
    expect(fired).toHaveLength(256);
    let hasStopped = false;
    const stopping = timers.stop().then(() => {
      hasStopped = true;
    });
    await turns();
    expect(hasStopped).toBe(false);
    hold.open();
    await stopping;
    await turns();
    expect(fired).toHaveLength(256);
    timers.start();
    timers.noticed({ ...due('x'), deadlines: [{ name: 'a', dueAt: 0 }] } as unknown as OrderRecord);
    await turns();
    expect(fired).toHaveLength(256);
  });

  it.each([
    ['once a second at first', 1, 1000],
    ['twice as long after the second time', 2, 2000],
    ['every fifteen seconds in the end', 6, 15_000],
  ])('looks again while the store cannot be asked: %s', async (_, failures, pauseMs) => {
    let looks = 0;
    const { timers, clock, lines } = timersWith(
      {
        due: async () => {
          looks += 1;
          throw away();
        },
      },
      async () => true,
    );
    timers.start();
    await turns();
    while (looks < failures) await clock.runTo(clock.now() + 1000, () => turns(3));
    await clock.runTo(clock.now() + pauseMs - 1000, () => turns(3));
    const before = looks;
    await clock.runTo(clock.now() + 1000, () => turns(3));
    expect(looks).toBeGreaterThanOrEqual(before);
    expect(looks).toBeLessThanOrEqual(failures + 1);
    expect(new Set(lines.map(({ message }) => message))).toEqual(
      new Set(['The store failed; due deadlines will be retried.']),
    );
    await timers.stop();
  });

  it('fires a deadline that is stored behind it while it walks', async () => {
    const hold = gate();
    const fired: string[] = [];
    let asked = 0;
    const { timers, clock } = timersWith(
      {
        due: async () => {
          asked += 1;
          if (asked > 1) return [];
          await hold.opened;
          return [due('b', 20)];
        },
      },
      async ({ orderId }) => {
        fired.push(orderId);
        return orderId !== 'b';
      },
    );
    timers.start();
    await turns();
    const stored = due('a', clock.now() - second);
    timers.noticed({ ...stored, deadlines: [stored.deadline] } as unknown as OrderRecord);
    hold.open();
    await turns();
    expect(fired).toEqual(['b', 'a']);
    await timers.stop();
  });
});
