import { describe, expect, it } from 'vitest';
import { held, type Loop, numbered, second, timerLoop } from './timer-loop-kit.ts';

// What the loop goes back for: others' deadlines, silent ones, and failures that are too many.

/** How many were fired for each page that was asked for. */
async function firedPerPage(loop: Loop): Promise<readonly number[]> {
  const counts: number[] = [];
  loop.test.beforePage = async () => void counts.push(0);
  const { fire } = loop.test;
  loop.test.fire = async (each) => {
    counts[counts.length - 1] = (counts.at(-1) ?? 0) + 1;
    return fire(each);
  };
  loop.timers.start();
  await loop.settled();
  return counts;
}

describe('more failures than are remembered', () => {
  it('are counted, and the forgotten ones tried again in sweeps that become rare', async () => {
    const loop = timerLoop();
    loop.put(...numbered(loop, 4100));
    let isFailing = true;
    loop.test.fire = async () => {
      if (isFailing) throw held();
      return true;
    };
    loop.timers.start();
    await loop.passTo(16 * second);
    expect(loop.timers.failing).toBe(4100);
    expect(loop.timesOf('order-4099')).toEqual([0, 5, 15].map((each) => each * second));
    // As soon as they can be fired, all are, and nothing is left to come back for.
    isFailing = false;
    await loop.passTo(40 * second);
    expect(loop.storedIds()).toEqual([]);
    expect(loop.timers.failing).toBe(0);
    expect(loop.pendingCount()).toBe(0);
    // The next time begins anew.
    isFailing = true;
    loop.put(...numbered(loop, 4100, 100 * second));
    loop.timers.startOver();
    await loop.passTo(106 * second);
    expect(loop.timesOf('order-4099').slice(-2)).toEqual([100 * second, 105 * second]);
  });
});

describe('a loop on a store that others write to', () => {
  it('looks every five seconds, whatever it knows of', async () => {
    const loop = timerLoop({ members: ['me'] });
    loop.put(loop.at('later', 60 * second));
    loop.timers.start();
    await loop.passTo(12 * second);
    expect(loop.asks.map(({ atMs }) => atMs / second)).toEqual([0, 5, 10]);
    loop.put(loop.at('silent', 11 * second));
    await loop.passTo(15 * second);
    expect(loop.timesOf('silent')).toEqual([15 * second]);
    await loop.timers.stop();
    expect(loop.pendingCount()).toBe(0);
  });

  it('looks a quarter sooner at the earliest, so that engines do not all look at once', async () => {
    const loop = timerLoop({ members: ['me'], random: 0 });
    loop.timers.start();
    await loop.passTo(8 * second);
    expect(loop.asks.map(({ atMs }) => atMs)).toEqual([0, 3750, 7500]);
  });

  it('finds in five seconds what another has stored behind the walk', async () => {
    const loop = timerLoop({ members: ['me'] });
    loop.put(loop.at('bad', 0));
    loop.test.fire = async ({ orderId }) => {
      if (orderId === 'bad') throw held();
      return true;
    };
    loop.timers.start();
    await loop.passTo(100);
    loop.put(loop.at('silent', -second), loop.at('silent-too', -2 * second));
    await loop.passTo(4999);
    expect(loop.timesOf('silent')).toEqual([]);
    await loop.passTo(5000);
    expect(loop.timesOf('silent')).toEqual([5000]);
    expect(loop.timesOf('silent-too')).toEqual([5000]);
    loop.put(loop.at('silent-again', -second));
    await loop.passTo(10_000);
    expect(loop.timesOf('silent-again')).toEqual([10_000]);
  });

  it('begins with few, in case that others are at the same ones, and takes all when none is', async () => {
    const loop = timerLoop({ members: ['me'] });
    loop.put(...numbered(loop, 300));
    expect(await firedPerPage(loop)).toEqual([32, 256, 12]);
    expect(loop.told).toEqual(['join']);
    await loop.timers.stop();
    expect(loop.told).toEqual(['join', 'leave']);
  });

  it('goes on with few while others are first', async () => {
    const loop = timerLoop({ members: ['me'] });
    loop.put(...numbered(loop, 70));
    loop.test.fire = async () => false;
    expect(await firedPerPage(loop)).toEqual([32, 32, 6]);
  });

  it('begins somewhere on the page, where others hardly begin as well', async () => {
    const loop = timerLoop({ members: ['me'], random: 0.5 });
    loop.put(...numbered(loop, 300));
    loop.timers.start();
    await loop.settled();
    expect(loop.fired[0]?.[0]).toBe('order-0128');
    expect(loop.fired[31]?.[0]).toBe('order-0159');
    const tried = loop.fired.map(([orderId]) => orderId);
    expect(new Set(tried).size).toBe(300);
    expect(tried).toHaveLength(300);
  });

  it('goes round the end of the page', async () => {
    const loop = timerLoop({ members: ['me'], random: 0.95 });
    loop.put(...numbered(loop, 40));
    loop.timers.start();
    await loop.settled();
    expect(loop.fired.slice(0, 4).map(([orderId]) => orderId)).toEqual([
      'order-0038',
      'order-0039',
      'order-0000',
      'order-0001',
    ]);
  });

  it('takes larger pages where several share, eight times as large at most', async () => {
    for (const [count, limit] of [
      [2, 512],
      [8, 2048],
      [10, 2048],
    ] as const) {
      const others = Array.from({ length: count - 1 }, (_, index) => `other-${index}`);
      const loop = timerLoop({ members: ['me', ...others] });
      loop.put(...numbered(loop, 40));
      loop.timers.start();
      await loop.passTo(400);
      expect(loop.asks.map((ask) => ask.limit)).toEqual([256, limit, limit]);
      await loop.timers.stop();
    }
  });

  it("leaves others' deadlines to them, looks again every 200 ms, and fires them after a second", async () => {
    const loop = timerLoop({ members: ['me', 'other'] });
    loop.put(...numbered(loop, 40));
    loop.timers.start();
    await loop.settled();
    const atOnce = loop.fired.length;
    expect(atOnce).toBeGreaterThan(5);
    expect(atOnce).toBeLessThan(35);
    await loop.passTo(999);
    expect(loop.asks.map(({ atMs }) => atMs)).toEqual([0, 200, 400, 600, 800]);
    expect(loop.fired).toHaveLength(atOnce);
    await loop.passTo(second);
    expect(loop.fired).toHaveLength(40);
    expect(loop.storedIds()).toEqual([]);
    // Nothing is left of them, and so nothing to look at again that soon.
    await loop.passTo(4999);
    expect(loop.asks.map(({ atMs }) => atMs).slice(5)).toEqual([second]);
  });

  it("looks again as soon at another's that a sweep has come past", async () => {
    const loop = timerLoop({ members: ['me', 'other'] });
    // So that it knows of the other one.
    loop.put(...numbered(loop, 40));
    loop.timers.start();
    await loop.passTo(4900);
    loop.put(loop.at('bad', 4950));
    loop.test.fire = async ({ orderId }) => {
      if (orderId === 'bad') throw held();
      return true;
    };
    loop.noticed(loop.at('bad', 4950));
    // It is ours a second later at the latest.
    await loop.passTo(5960);
    const silent = Array.from({ length: 10 }, (_, index) => loop.at(`silent-${index}`, 4940));
    loop.put(...silent);
    await loop.passTo(30 * second);
    expect(loop.storedIds()).toEqual(['bad']);
  });
});
