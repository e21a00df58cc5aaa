import { describe, expect, it } from 'vitest';
import { countingAtOnce, failing, numbered, second, timerLoop } from './timer-loop-kit.ts';

// What the loop does where others fire as well, and where more fails than it remembers.

describe('a loop on a store that others write to', () => {
  it.each([
    [32, []],
    [33, ['join']],
  ])('tells of itself when there is much to fire: %d make %j', async (count, told) => {
    const loop = timerLoop({ members: ['me'] });
    loop.put(...numbered(loop, count));
    loop.timers.start();
    await loop.settled();
    expect(loop.told).toEqual(told);
  });

  it('tells of itself when another was first', async () => {
    const loop = timerLoop({ members: ['me', 'other'] });
    loop.put(loop.at('one', 0));
    loop.test.fire = async () => false;
    loop.timers.start();
    await loop.settled();
    expect(loop.told).toEqual([]);
    await loop.passTo(5 * second);
    expect(loop.told).toEqual(['join']);
  });

  it('takes all that is its own at once when the others are known', async () => {
    const loop = timerLoop({ members: ['me', 'other'] });
    loop.put(...numbered(loop, 200));
    const atOnce = countingAtOnce(loop);
    loop.timers.start();
    await loop.settled();
    expect(atOnce.most).toBeGreaterThan(50);
    expect(loop.fired).toHaveLength(atOnce.most);
  });

  it("soon looks again at others' deadlines that a sweep has come past", async () => {
    const loop = timerLoop({ members: ['me', 'other'] });
    failing(loop, (orderId) => orderId === 'bad-1');
    // So that it knows of the other one.
    loop.put(...numbered(loop, 40));
    loop.timers.start();
    await loop.passTo(4800);
    const bad = loop.at('bad-1', 4750);
    loop.put(bad);
    loop.noticed(bad);
    await loop.settled();
    expect(loop.timesOf('bad-1')).toEqual([4800]);
    await loop.passTo(9700);
    const step = loop.at('step-2', 9650);
    loop.put(step);
    loop.noticed(step);
    await loop.passTo(9750);
    expect(loop.storedIds()).toEqual(['bad-1']);
    const silent = Array.from({ length: 10 }, (_, index) => loop.at(`silent-${index}`, 9600));
    loop.put(...silent);
    await loop.passTo(9799);
    expect(loop.storedIds()).toHaveLength(11);
    await loop.passTo(9800);
    expect(loop.storedIds().length).toBeGreaterThan(1);
    expect(loop.storedIds().length).toBeLessThan(11);
    // A second after they were due they are anybody's.
    await loop.passTo(10_600);
    expect(loop.storedIds()).toEqual(['bad-1']);
  });
});

describe('failures that are too many to be remembered', () => {
  it('are counted wherever they come from, and tried again in a sweep', async () => {
    const loop = timerLoop();
    failing(loop, () => true);
    loop.put(...numbered(loop, 4096));
    loop.timers.start();
    await loop.settled();
    expect(loop.timers.failing).toBe(4096);
    // Behind the walk.
    const late = loop.at('late', -second);
    loop.put(late);
    loop.noticed(late);
    await loop.settled();
    expect(loop.timers.failing).toBe(4097);
    // Before it.
    await loop.passTo(100);
    const next = loop.at('next', 100);
    loop.put(next);
    loop.noticed(next);
    await loop.settled();
    expect(loop.timers.failing).toBe(4098);
    expect(loop.timesOf('next')).toEqual([100]);
    await loop.passTo(5100);
    expect(loop.timesOf('next').at(-1)).toBeGreaterThanOrEqual(5 * second);
    expect(loop.timesOf('late').at(-1)).toBeGreaterThanOrEqual(5 * second);
    expect(loop.timers.failing).toBe(4098);
  });
});
