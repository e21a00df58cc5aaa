import { describe, expect, it } from 'vitest';
import { away } from './timer-kit.ts';
import { countingAtOnce, failing, held, numbered, second, timerLoop } from './timer-loop-kit.ts';
import { gate, turns } from './turns.ts';

// How much the loop does at once, and what comes while it is at it.

/** A loop that goes on behind an order which fails, and is at 400 ms. */
async function behindOne() {
  const loop = timerLoop();
  loop.put(loop.at('bad', 0));
  failing(loop, (orderId) => orderId === 'bad');
  await loop.passTo(400);
  loop.timers.start();
  await loop.settled();
  return loop;
}

describe('a look', () => {
  it('is one at a time, and makes no appointment before it has ended', async () => {
    const loop = timerLoop();
    const hold = gate();
    loop.test.beforePage = () => hold.opened;
    loop.timers.start();
    loop.timers.start();
    await turns();
    const soon = loop.at('soon', 3 * second);
    loop.put(soon);
    loop.noticed(soon);
    expect(loop.pendingCount()).toBe(0);
    hold.open();
    await loop.settled();
    expect(loop.asks).toHaveLength(1);
    expect(loop.pendingCount()).toBe(1);
    await loop.passTo(3 * second);
    expect(loop.timesOf('soon')).toEqual([3 * second]);
  });

  it('begins at the beginning whenever nothing was left behind', async () => {
    const loop = timerLoop();
    loop.put(loop.at('one', 0), loop.at('other', second), loop.at('third', 2 * second));
    loop.timers.start();
    await loop.passTo(2 * second);
    expect(loop.asks.map(({ after }) => after)).toEqual([undefined, undefined, undefined]);
    // So it finds what was stored behind it, and nobody has told.
    loop.put(loop.at('silent', -second), loop.at('told', 3 * second));
    loop.noticed(loop.at('told', 3 * second));
    await loop.passTo(3 * second);
    expect(loop.timesOf('silent')).toEqual([3 * second]);
  });

  it('does not begin, nor make an appointment, once the loop has stopped', async () => {
    const loop = timerLoop();
    loop.timers.start();
    await loop.settled();
    await loop.timers.stop();
    loop.timers.start();
    await loop.settled();
    loop.noticed(loop.at('new', second));
    expect(loop.pendingCount()).toBe(0);
    expect(loop.counts.nextDueAt).toBe(1);
  });

  it('knows nothing of the store that the last one has heard from', async () => {
    const loop = timerLoop();
    loop.put(loop.at('good', 0), loop.at('one', 10 * second), loop.at('other', 10 * second));
    const failure = away();
    loop.test.fire = async ({ orderId }) => {
      if (orderId !== 'good') throw failure;
      return true;
    };
    loop.timers.start();
    await loop.passTo(10 * second);
    expect(loop.timesOf('good')).toEqual([0]);
    expect(loop.errors).toEqual(['The store failed; due deadlines will be retried.']);
    expect(loop.causes).toEqual([failure]);
    expect(loop.timers.failing).toBe(0);
  });

  it('takes what it can take at once in the order of its store', async () => {
    const loop = timerLoop({ random: 0.5 });
    const dues = numbered(loop, 256);
    loop.put(...dues);
    loop.timers.start();
    await loop.settled();
    expect(loop.fired.map(([orderId]) => orderId)).toEqual(dues.map(({ orderId }) => orderId));
  });
});

describe('what is stored while the loop is at it', () => {
  it('at the very moment where the walk rests is fired when it is told', async () => {
    const loop = await behindOne();
    const same = loop.at('a-same', 0);
    loop.put(same);
    loop.noticed(same);
    await loop.settled();
    expect(loop.timesOf('a-same')).toEqual([400]);
  });

  it('between where a walk began and now is fired by itself', async () => {
    const loop = await behindOne();
    const [first, late] = [loop.at('first', 300), loop.at('late', 200)];
    const hold = gate();
    loop.test.fire = async ({ orderId }) => {
      if (orderId === 'bad') throw held();
      if (orderId === 'first') await hold.opened;
      return true;
    };
    loop.put(first);
    loop.noticed(first);
    await turns();
    loop.put(late);
    loop.noticed(late);
    hold.open();
    await loop.settled();
    expect(loop.timesOf('late')).toEqual([400]);
  });

  it('for an order that is being fired is fired next', async () => {
    const loop = await behindOne();
    const [first, next] = [loop.at('again', -second), loop.at('again', -500)];
    loop.test.fire = async ({ orderId }) => {
      if (orderId === 'bad') throw held();
      if (loop.timesOf('again').length > 1) return true;
      loop.put(next);
      loop.noticed(next);
      return true;
    };
    loop.put(first);
    loop.noticed(first);
    await loop.settled();
    expect(loop.timesOf('again')).toEqual([400, 400]);
    expect(loop.storedIds()).toEqual(['bad']);
  });

  it.each([
    [1024, false],
    [1025, true],
  ])(
    'is remembered one by one; of %d deadlines too many are walked to: %s',
    async (count, isWalkedTo) => {
      const loop = await behindOne();
      const hold = gate();
      loop.test.beforePage = () => hold.opened;
      const [due, { length }] = [loop.at('due', 400), loop.asks];
      loop.put(due);
      loop.noticed(due);
      await turns();
      hold.open();
      const late = numbered(loop, count, -second);
      loop.put(...late);
      for (const each of late) loop.noticed(each);
      const atOnce = countingAtOnce(loop);
      await loop.settled();
      expect(loop.storedIds()).toEqual(['bad']);
      expect(loop.asks.slice(length).some(({ after }) => after === '')).toBe(isWalkedTo);
      expect(atOnce.most).toBe(256);
    },
  );

  it('is tried together with as many retries as there is room for', async () => {
    const loop = timerLoop();
    let isBad = true;
    failing(loop, (orderId) => isBad && orderId.startsWith('order'));
    loop.put(...numbered(loop, 300));
    loop.timers.start();
    await loop.passTo(999);
    expect(loop.timers.failing).toBe(300);
    isBad = false;
    const atOnce = countingAtOnce(loop);
    const hold = gate();
    loop.test.beforePage = () => hold.opened;
    const passing = loop.passTo(second);
    await turns();
    const late = Array.from({ length: 10 }, (_, index) => loop.at(`late-${index}`, -second));
    loop.put(...late);
    for (const each of late) loop.noticed(each);
    hold.open();
    await passing;
    expect(atOnce.most).toBe(256);
    // All retries whose pause is over come in the same look.
    expect(loop.storedIds()).toEqual([]);
    expect(loop.timesOf('order-0299')).toEqual([0, second]);
  });
});
