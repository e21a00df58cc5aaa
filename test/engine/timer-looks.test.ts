import { describe, expect, it } from 'vitest';
import { held, second, timerLoop } from './timer-loop-kit.ts';
import { gate, turns } from './turns.ts';

// When the loop asks the store, what for, and when it leaves it alone.

const hour = 3600 * second;

describe('a loop that has its store for itself', () => {
  it('asks when it starts and when the earliest deadline comes, and at no other time', async () => {
    const loop = timerLoop();
    loop.put(loop.at('later', 20 * second), loop.at('soon', 10 * second));
    loop.timers.start();
    await loop.passTo(hour);
    expect(loop.asks.map(({ atMs }) => atMs)).toEqual([0, 10 * second, 20 * second]);
    expect(loop.fired).toEqual([
      ['soon', 10 * second],
      ['later', 20 * second],
    ]);
    expect(loop.pendingCount()).toBe(0);
    expect(loop.told).toEqual([]);
  });

  it('asks earlier when it hears of an earlier deadline, and not for a later one', async () => {
    const loop = timerLoop();
    const [soon, first, later] = [
      loop.at('soon', 3 * second),
      loop.at('first', 10 * second),
      loop.at('later', 12 * second),
    ];
    loop.put(first);
    loop.timers.start();
    await loop.settled();
    loop.put(soon, later);
    loop.noticed(soon);
    loop.noticed(later);
    loop.noticedWithout(loop.at('none', 0));
    expect(loop.pendingCount()).toBe(1);
    await loop.passTo(hour);
    expect(loop.fired).toEqual([
      ['soon', 3 * second],
      ['first', 10 * second],
      ['later', 12 * second],
    ]);
    expect(loop.asks.map(({ atMs }) => atMs)).toEqual([0, 3, 10, 12].map((each) => each * second));
  });

  it('fires at once what it hears of late', async () => {
    const loop = timerLoop();
    loop.timers.start();
    await loop.passTo(5 * second);
    const late = loop.at('late', second);
    loop.put(late);
    loop.noticed(late);
    await loop.settled();
    expect(loop.fired).toEqual([['late', 5 * second]]);
  });

  it('hears of a deadline of now, and asks now', async () => {
    const loop = timerLoop();
    loop.timers.start();
    await loop.passTo(5 * second);
    const now = loop.at('now', 5 * second);
    loop.put(now);
    loop.noticed(now);
    await loop.settled();
    expect(loop.fired).toEqual([['now', 5 * second]]);
  });

  it('goes through what is due page by page, and begins at the beginning next time', async () => {
    const loop = timerLoop();
    const dues = Array.from({ length: 600 }, (_, index) =>
      loop.at(`order-${String(index).padStart(3, '0')}`, 0),
    );
    loop.put(...dues);
    loop.timers.start();
    await loop.settled();
    expect(loop.fired.map(([orderId]) => orderId)).toEqual(dues.map(({ orderId }) => orderId));
    expect(loop.asks).toEqual([
      { atMs: 0, limit: 256, after: undefined },
      { atMs: 0, limit: 256, after: 'order-255' },
      { atMs: 0, limit: 256, after: 'order-511' },
    ]);
    loop.timers.startOver();
    await loop.settled();
    expect(loop.asks.at(-1)?.after).toBeUndefined();
    expect(loop.asks).toHaveLength(4);
  });

  it('begins behind one that fails, which is tried again by itself with growing pauses', async () => {
    const loop = timerLoop();
    loop.put(loop.at('bad', 0), loop.at('good', 0));
    loop.test.fire = async ({ orderId }) => {
      if (orderId === 'bad' && loop.timesOf('bad').length < 4) throw held();
      return true;
    };
    loop.timers.start();
    await loop.passTo(6 * second);
    expect(loop.timers.failing).toBe(1);
    await loop.passTo(hour);
    expect(loop.timesOf('bad')).toEqual([0, second, 3 * second, 7 * second]);
    expect(loop.timesOf('good')).toEqual([0]);
    expect(loop.timers.failing).toBe(0);
    // The first one asks for all, those after it for what is new.
    expect(loop.asks[0]?.after).toBeUndefined();
    for (const { after } of loop.asks.slice(1)) expect(after).toBe('good');
    // Nothing is left behind: from the beginning again.
    loop.timers.startOver();
    await loop.settled();
    expect(loop.asks.at(-1)?.after).toBeUndefined();
  });

  it('lets retries wait for one another for a second', async () => {
    const loop = timerLoop();
    loop.put(loop.at('one', 0), loop.at('other', 500));
    loop.test.fire = async () => {
      if (loop.fired.length <= 2) throw held();
      return true;
    };
    loop.timers.start();
    await loop.passTo(hour);
    expect(loop.fired).toEqual([
      ['one', 0],
      ['other', 500],
      ['one', 1500],
      ['other', 1500],
    ]);
  });

  it('is not woken by a change of an order whose deadline fails', async () => {
    const loop = timerLoop();
    const bad = loop.at('bad', 0);
    loop.put(bad);
    loop.test.fire = async () => {
      throw held();
    };
    loop.timers.start();
    await loop.settled();
    const { length } = loop.asks;
    loop.noticed(bad);
    await loop.settled();
    expect(loop.asks).toHaveLength(length);
    expect(loop.fired).toHaveLength(1);
  });
});

describe('what is stored behind a walk', () => {
  /** A loop that does not begin at the beginning, because one there fails. */
  async function withOneBehind() {
    const loop = timerLoop();
    loop.put(loop.at('bad', 0));
    loop.test.fire = async ({ orderId }) => {
      if (orderId === 'bad') throw held();
      return true;
    };
    await loop.passTo(400);
    loop.timers.start();
    await loop.settled();
    return loop;
  }

  it('is fired by itself when it is told, and only once', async () => {
    const loop = await withOneBehind();
    const [before, same, after] = [
      loop.at('before', -second),
      loop.at('a-same', 0),
      loop.at('after', 200),
    ];
    loop.put(before, same, after);
    for (const each of [before, same, after]) loop.noticed(each);
    await loop.settled();
    expect(loop.storedIds()).toEqual(['bad']);
    for (const id of ['before', 'a-same', 'after']) expect(loop.timesOf(id)).toEqual([400]);
    const { length } = loop.fired;
    await loop.passTo(600);
    expect(loop.fired).toHaveLength(length);
  });

  it('is found when the loop is told to look at everything', async () => {
    const loop = await withOneBehind();
    loop.put(loop.at('silent', -second));
    await loop.passTo(10 * second);
    expect(loop.timesOf('silent')).toEqual([]);
    loop.timers.startOver();
    await loop.settled();
    expect(loop.timesOf('silent')).toEqual([10 * second]);
  });

  it('is found after the look that goes on, when the loop is told meanwhile', async () => {
    const loop = await withOneBehind();
    const hold = gate();
    loop.test.beforePage = () => hold.opened;
    loop.put(loop.at('silent', -second), loop.at('new', second));
    loop.noticed(loop.at('new', second));
    const passing = loop.passTo(second);
    await turns();
    loop.timers.startOver();
    hold.open();
    await passing;
    expect(loop.timesOf('silent')).toEqual([second]);
  });

  it('is all fired, once each, however much it is', async () => {
    const loop = await withOneBehind();
    const hold = gate();
    const { length } = loop.asks;
    loop.test.beforePage = () => hold.opened;
    loop.put(loop.at('new', second));
    loop.noticed(loop.at('new', second));
    const passing = loop.passTo(second);
    await turns();
    expect(loop.asks).toHaveLength(length + 1);
    const behind = Array.from({ length: 1500 }, (_, index) => loop.at(`behind-${index}`, -index));
    loop.put(...behind);
    for (const each of behind) loop.noticed(each);
    hold.open();
    await passing;
    expect(loop.storedIds()).toEqual(['bad']);
    const times = new Map<string, number>();
    for (const [orderId] of loop.fired) times.set(orderId, (times.get(orderId) ?? 0) + 1);
    for (const { orderId } of behind) expect(times.get(orderId)).toBe(1);
  });
});

describe('a store that cannot be asked', () => {
  it('is asked again after pauses that double, up to fifteen seconds', async () => {
    const loop = timerLoop();
    loop.test.isAway = true;
    loop.put(loop.at('due', 0));
    loop.timers.start();
    await loop.passTo(50 * second);
    expect(loop.asks.map(({ atMs }) => atMs / second)).toEqual([0, 1, 3, 7, 15, 30, 45]);
    expect(new Set(loop.errors)).toEqual(
      new Set(['The store failed; due deadlines will be retried.']),
    );
    loop.test.isAway = false;
    await loop.passTo(60 * second);
    expect(loop.timesOf('due')).toEqual([60 * second]);
    // The next time begins with a second again.
    loop.test.isAway = true;
    loop.put(loop.at('next', 70 * second));
    loop.noticed(loop.at('next', 70 * second));
    const { length } = loop.asks;
    await loop.passTo(74 * second);
    expect(loop.asks.slice(length).map(({ atMs }) => atMs / second)).toEqual([70, 71, 73]);
  });

  it('is not asked by a loop that has stopped', async () => {
    const loop = timerLoop();
    loop.test.isAway = true;
    loop.timers.start();
    await loop.settled();
    expect(loop.pendingCount()).toBe(1);
    await loop.timers.stop();
    expect(loop.pendingCount()).toBe(0);
    await loop.passTo(hour);
    expect(loop.asks).toHaveLength(1);
  });
});

describe('a loop that has stopped', () => {
  it('keeps no appointment, and asks for nothing', async () => {
    const loop = timerLoop();
    loop.put(loop.at('later', 10 * second));
    loop.timers.start();
    await loop.settled();
    expect(loop.pendingCount()).toBe(1);
    await loop.timers.stop();
    expect(loop.pendingCount()).toBe(0);
    loop.noticed(loop.at('new', second));
    loop.timers.startOver();
    loop.timers.start();
    expect(loop.pendingCount()).toBe(0);
    await loop.passTo(hour);
    expect(loop.asks).toHaveLength(1);
    expect(loop.fired).toEqual([]);
  });

  it('takes no further page', async () => {
    const loop = timerLoop();
    const hold = gate();
    loop.test.fire = () => hold.opened.then(() => true);
    loop.put(...Array.from({ length: 300 }, (_, index) => loop.at(`order-${index}`, 0)));
    loop.timers.start();
    await turns();
    const stopping = loop.timers.stop();
    hold.open();
    await stopping;
    expect(loop.fired).toHaveLength(256);
    expect(loop.pendingCount()).toBe(0);
  });
});
