import { describe, expect, it } from 'vitest';
import { type LaneItem, laneItem } from '../../src/engine/subscriptions/handlers/lane-item.ts';
import { eventOf } from './lane-kit.ts';
import { looking, ordersFrom } from './look-ahead-kit.ts';
import { gate, turns } from './turns.ts';

// When a window full of failing events is left for a moment, to see whether others can be handled.

describe('a look ahead', () => {
  it('begins a while after it is started, behind the window, each event as one before its turn', async () => {
    const { lookAhead, test, tried, asked, pass } = looking();
    test.feed = ordersFrom(0, 2);
    lookAhead.start();
    expect(await pass(99)).toEqual([]);
    expect(asked).toEqual([]);
    expect(await pass(1)).toEqual(['order-0', 'order-1']);
    expect(asked[0]).toEqual([3, 10, 256, 1_000_000]);
    expect(tried[0]).toMatchObject({ position: 11, isAhead: true, attempts: 0 });
    expect(test.retried).toBe(0);
  });

  it('is one at a time, however often it is started', async () => {
    const { lookAhead, test, asked, pass } = looking();
    const hold = gate();
    test.feed = ordersFrom(0, 2);
    test.beforePage = () => hold.opened;
    lookAhead.start();
    lookAhead.start();
    await pass(100);
    lookAhead.start();
    expect(await pass(1000)).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it('counts as something going on while it reads the feed, not while it waits', async () => {
    const { lookAhead, test, activity, pass } = looking();
    const hold = gate();
    test.beforePage = () => hold.opened;
    lookAhead.start();
    await activity.idle();
    await pass(100);
    let isIdle = false;
    void activity.idle().then(() => {
      isIdle = true;
    });
    await turns();
    expect(isIdle).toBe(false);
    test.isStuck = false;
    hold.open();
    await turns();
    expect(isIdle).toBe(true);
  });

  it('tries 16 orders at first, then four times as many each time, after growing pauses', async () => {
    const { lookAhead, test, pass } = looking();
    test.feed = ordersFrom(0, 10_000);
    lookAhead.start();
    expect(await pass(100)).toEqual(ordersFrom(0, 16));
    expect(await pass(199)).toEqual([]);
    // It goes on behind those that it has tried.
    expect(await pass(1)).toEqual(ordersFrom(16, 64));
    expect(await pass(399)).toEqual([]);
    expect(await pass(1)).toEqual(ordersFrom(80, 256));
    expect(await pass(800)).toHaveLength(1024);
    expect(await pass(1600)).toHaveLength(4096);
    // 4,544 are left, and a round has 4,096 at most.
    expect(await pass(3200)).toHaveLength(4096);
    expect(await pass(6400)).toEqual(ordersFrom(9552, 448));
  });

  it('begins again behind the window when it has come to the end', async () => {
    const { lookAhead, test, pass, asked } = looking();
    test.feed = ordersFrom(0, 3);
    lookAhead.start();
    await pass(100);
    expect(asked.map(([, after]) => after)).toEqual([10, 13]);
    expect(await pass(200)).toEqual(ordersFrom(0, 3));
  });

  it('begins anew with short pauses once it was stopped, and waits no longer then', async () => {
    const { lookAhead, test, pass } = looking();
    test.feed = ordersFrom(0, 100);
    lookAhead.start();
    await pass(100);
    lookAhead.stop();
    expect(await pass(1000)).toEqual([]);
    lookAhead.start();
    expect(await pass(100)).toEqual(ordersFrom(0, 16));
  });

  it('tries only the next event of an order, only what is asked for, and none whose order is here', async () => {
    const { lookAhead, test, pass } = looking();
    test.feed = ['order-1', 'order-2', 'order-1', 'order-3', 'order-2'];
    test.hasLane = (orderId) => orderId === 'order-3';
    lookAhead.start();
    expect(await pass(100)).toEqual(['order-1', 'order-2']);
    test.matches = () => false;
    expect(await pass(200)).toEqual([]);
  });

  it('tries no later event of an order that was here when the search met it first', async () => {
    const { lookAhead, test, pass } = looking();
    test.feed = ['order-a', 'order-b', 'order-a'];
    test.hasLane = (orderId) => orderId === 'order-a';
    test.onTry = (item) => {
      test.hasLane = () => false;
      lookAhead.failed(item);
    };
    lookAhead.start();
    expect(await pass(100)).toEqual(['order-b']);
  });

  it('tries nothing that was read meanwhile', async () => {
    const { lookAhead, test, pass } = looking();
    test.feed = ordersFrom(0, 3);
    test.beforePage = async () => {
      test.readPosition = 12;
    };
    lookAhead.start();
    expect(await pass(100)).toEqual(['order-2']);
  });

  it('reads nothing when things go on, and starts again only when they do not', async () => {
    const { lookAhead, test, asked, pass } = looking();
    test.feed = ordersFrom(0, 3);
    test.isStuck = false;
    lookAhead.start();
    await pass(10_000);
    expect(asked).toEqual([]);
    test.isStuck = true;
    lookAhead.start();
    // One round without anything tried counts as one.
    expect(await pass(200)).toEqual(ordersFrom(0, 3));
  });

  it('goes on with the next page when those of the first are all settled, not before', async () => {
    const { lookAhead, test, tried, asked, pass } = looking();
    test.feed = ['order-1', ...Array.from({ length: 15 }, () => 'order-0'), 'order-2'];
    test.onTry = () => {};
    lookAhead.start();
    expect(await pass(100)).toEqual(['order-1', 'order-0']);
    const [first, second] = [...tried];
    expect(asked).toHaveLength(1);
    // It is forgotten, until its turn comes.
    expect(lookAhead.failed(first as LaneItem)).toBe(false);
    await turns();
    expect(asked).toHaveLength(1);
    lookAhead.failed(second as LaneItem);
    await turns();
    expect(asked.map(([, after]) => after)).toEqual([10, 26]);
  });

  it('tries later again when the feed cannot be read, and warns', async () => {
    const { lookAhead, test, pass, warnings } = looking();
    const error = new Error('away');
    test.feed = ordersFrom(0, 1);
    test.beforePage = () => Promise.reject(error);
    lookAhead.start();
    expect(await pass(100)).toEqual([]);
    expect(warnings).toEqual([
      ['The feed could not be read; trying again.', { subscription: 'mailer', error }],
    ]);
    test.beforePage = async () => {};
    expect(await pass(200)).toEqual(['order-0']);
  });

  it('begins the search anew when it has passed more orders than it may remember', async () => {
    const { lookAhead, test, pass, asked } = looking();
    lookAhead.start();
    // Longer rounds look at more of each page.
    await pass(100 + 200 + 400 + 800);
    asked.length = 0;
    test.feed = ordersFrom(0, 70_000);
    test.hasLane = () => true;
    test.beforePage = async () => {
      test.isStuck = asked.length < 259;
    };
    await pass(1600);
    // 256 pages of 256 are 65,536 orders, and one more is too many.
    expect(asked.map(([, after]) => after).slice(255)).toEqual([65_290, 65_546, 10, 266]);
  });
});

describe('an event that is handled before its turn', () => {
  it('ends the look, and those that wait are tried at once', async () => {
    const { lookAhead, test, asked, pass } = looking();
    // The first round has some left to try.
    const more = Array.from({ length: 10 }, () => 'order-0');
    test.feed = [...ordersFrom(0, 10), ...more, ...ordersFrom(10, 90)];
    test.onTry = (item) => {
      if (item.position === 12) lookAhead.handled(item);
      else lookAhead.failed(item);
    };
    lookAhead.start();
    expect(await pass(100)).toHaveLength(10);
    expect(test.retried).toBe(1);
    expect(asked).toHaveLength(1);
    expect(await pass(10_000)).toEqual([]);
    // It is not tried twice, and reading passes over it, once.
    lookAhead.stop();
    lookAhead.start();
    expect(await pass(100)).not.toContain('order-1');
    expect(lookAhead.reached(11)).toBe(false);
    expect(lookAhead.reached(12)).toBe(true);
    expect(lookAhead.reached(12)).toBe(false);
  });

  it('shows that what fails before it fails alone, and only that', () => {
    const { lookAhead } = looking();
    lookAhead.handled(laneItem(20, eventOf(20)));
    lookAhead.handled(laneItem(15, eventOf(15)));
    for (const [position, failsAlone] of [
      [19, true],
      [20, false],
      [21, false],
    ] as const) {
      const item = laneItem(position, eventOf(position));
      expect(lookAhead.failed(item)).toBe(true);
      expect(item.failsAlone, `${position}`).toBe(failsAlone);
    }
  });

  it('is in hand as one whose turn has come when reading comes to it meanwhile', async () => {
    const { lookAhead, test, tried, asked, pass } = looking();
    test.feed = ordersFrom(0, 1);
    test.onTry = () => {};
    lookAhead.start();
    await pass(100);
    const [item] = [...tried];
    expect(lookAhead.reached(11)).toBe(item);
    expect(item?.isAhead).toBe(false);
    // Nobody waits for it any more.
    await turns();
    expect(asked.map(([, after]) => after)).toEqual([10, 11]);
    expect(lookAhead.reached(11)).toBe(false);
    expect(lookAhead.failed(item as LaneItem)).toBe(true);
  });
});

describe('an event that fails in its turn', () => {
  it('fails alone when another was handled between two attempts', () => {
    const { lookAhead, parts } = looking();
    const item = laneItem(5, eventOf(5));
    const attempt = () => {
      item.handledBefore = parts.outlook.handled;
      return lookAhead.failed(item);
    };
    expect(attempt()).toBe(true);
    expect(item.failsAlone).toBe(false);
    expect(attempt()).toBe(true);
    expect(item.failsAlone).toBe(false);
    parts.outlook.handled += 1;
    expect(attempt()).toBe(true);
    expect(item.failsAlone).toBe(true);
    // It stays so: nothing else need be handled for it to be put aside later.
    expect(attempt()).toBe(true);
    expect(item.failsAlone).toBe(true);
  });

  it('does not fail alone because another was handled while it was tried itself', () => {
    const { lookAhead, parts } = looking();
    const item = laneItem(5, eventOf(5));
    lookAhead.failed(item);
    item.handledBefore = parts.outlook.handled;
    parts.outlook.handled += 1;
    lookAhead.failed(item);
    expect(item.failsAlone).toBe(false);
    item.handledBefore = parts.outlook.handled;
    lookAhead.failed(item);
    expect(item.failsAlone).toBe(false);
  });
});
