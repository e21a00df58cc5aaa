import { describe, expect, it } from 'vitest';
import { PermanentHandlerError } from '../../src/engine/subscriptions/permanent-error.ts';
import type { TransactionEnd } from '../../src/engine/subscriptions/projections/projection-transactions.ts';
import type { OrderEvent } from '../../src/order/envelope.ts';
import { searching } from './projection-search-kit.ts';
import { entryOf } from './worker-kit.ts';

// The search behind an event that fails.

const names = (count: number) => Array.from({ length: count }, (_, index) => `order-${index}`);
const succeedsFor =
  (orderId: string) =>
  (event: OrderEvent): TransactionEnd =>
    event.orderId === orderId ? 'done' : { error: new Error(`no ${event.orderId}`) };

describe('a search that finds an event that succeeds', () => {
  it('knows that those before it fail alone, and why', async () => {
    const { search, test, begin, asked, tried } = searching();
    test.feed = ['a', 'b', 'b', 'c', 'a', 'd'];
    test.tryOut = succeedsFor('c');
    expect(search.isInProgress).toBe(false);
    begin();
    expect([search.isInProgress, search.failureOf(entryOf(11, 'a'))]).toEqual([true, undefined]);
    expect(await search.next()).toBe('found');
    expect(search.isInProgress).toBe(false);
    expect(asked).toEqual([[3, 11, 256, 1_000_000]]);
    expect(tried).toEqual(['b', 'c']);
    const failure = { position: 11, error: 'broken', attempts: 2, delayMs: 200 };
    expect(search.failureOf(entryOf(11, 'a'))).toEqual(failure);
    expect(search.failureOf(entryOf(13, 'b'))).toEqual({
      ...{ position: 12, error: 'no b', attempts: 1, delayMs: 100 },
    });
    expect(search.failureOf(entryOf(13, 'x'))).toBeUndefined();
    // It waits behind the one at 11, although it stands behind the one that succeeded.
    expect(search.failureOf(entryOf(15, 'a'))).toEqual(failure);
    expect(search.failureOf(entryOf(16, 'd'))).toBeUndefined();
  });

  it('knows it until everything before that event has passed', async () => {
    const { search, test, begin } = searching();
    test.feed = ['a', 'b', 'c'];
    test.tryOut = succeedsFor('c');
    begin();
    await search.next();
    search.passed(12);
    expect(search.failureOf(entryOf(11, 'a'))).toBeDefined();
    search.passed(13);
    expect(search.failureOf(entryOf(11, 'a'))).toBeUndefined();
  });

  it('forgets it when another one fails, and begins with a short round', async () => {
    const { search, test, begin, round } = searching();
    test.feed = names(3000);
    for (const count of [16, 64]) {
      begin();
      expect(await round()).toEqual(['nothing', count]);
    }
    test.tryOut = () => 'done';
    begin();
    expect(await round()).toEqual(['found', 1]);
    test.tryOut = () => ({ error: new Error('no') });
    begin();
    expect(search.failureOf(entryOf(12, 'order-1'))).toBeUndefined();
    expect(await round()).toEqual(['nothing', 16]);
  });
});

describe('a search that finds none', () => {
  it('goes on in growing rounds, page by page, to the longest', async () => {
    const { test, begin, round, asked } = searching();
    test.feed = names(10_000);
    for (const count of [16, 64, 256, 1024, 1024]) {
      begin();
      expect(await round()).toEqual(['nothing', count]);
    }
    // Each round goes on where the one before ended.
    expect(asked.slice(0, 4).map(([, after]) => after)).toEqual([11, 27, 91, 347]);
  });

  it('has more to do when a page is not the whole round', async () => {
    const { search, test, begin, round } = searching();
    test.feed = names(3000);
    for (const _ of [16, 64, 256]) {
      begin();
      await round();
    }
    begin();
    expect(await search.next()).toBe('more');
    expect(search.isInProgress).toBe(true);
  });

  it('tries no order twice, and none that is parked, nor events of other types', async () => {
    const { test, search, begin, tried } = searching();
    test.feed = ['a', 'b', 'b', 'a', 'parked', 'refused', 'refused', 'c'];
    test.isParked = (orderId) => orderId === 'parked';
    test.tryOut = ({ orderId }) => ({
      error: orderId === 'refused' ? new PermanentHandlerError('no') : new Error('no'),
    });
    begin();
    expect(await search.next()).toBe('more');
    expect(tried).toEqual(['b', 'refused', 'c']);
    const other = searching();
    other.test.feed = ['a', 'b'];
    other.test.matches = () => false;
    other.begin();
    expect(await other.round()).toEqual(['nothing', 0]);
  });

  it('does not count an order that is refused for good among those that fail for now', async () => {
    const { test, search, begin } = searching();
    test.feed = ['a', 'refused', 'good'];
    test.tryOut = ({ orderId }) =>
      orderId === 'good' ? 'done' : { error: new PermanentHandlerError('no') };
    begin();
    expect(await search.next()).toBe('found');
    expect(search.failureOf(entryOf(12, 'refused'))).toBeUndefined();
  });

  it('begins from the front again after the end of the feed', async () => {
    const { search, test, begin, round } = searching();
    test.feed = names(5);
    begin();
    expect(await round()).toEqual(['nothing', 4]);
    expect(search.isInProgress).toBe(false);
    begin();
    expect(await round()).toEqual(['nothing', 4]);
  });

  it('forgets what it knew of the orders then, also of those that were refused', async () => {
    const { search, test, begin, round, tried } = searching();
    test.feed = ['a', 'refused'];
    test.tryOut = () => ({ error: new PermanentHandlerError('no') });
    begin();
    await round();
    test.feed.push(...names(500));
    begin();
    await round();
    expect(tried).toHaveLength(64);
    expect(tried[0]).toBe('refused');
    // It is no longer at the end, so news can wait.
    search.goOn();
    expect(search.isInProgress).toBe(false);
  });

  it('ends with the worker', async () => {
    const { search, test, begin } = searching();
    test.feed = names(5);
    test.tryOut = () => 'ended';
    begin();
    expect(await search.next()).toBe('ended');
  });

  it('knows nothing any more when everything has passed', async () => {
    const { search, test, begin, round } = searching();
    test.feed = names(100);
    begin();
    await round();
    begin();
    search.passed(11);
    expect(search.isInProgress).toBe(false);
    begin();
    expect(await round()).toEqual(['nothing', 16]);
  });
});

describe('a search with news', () => {
  it('tries them at once when all others were tried, and only them', async () => {
    const { search, test, begin, round, tried } = searching();
    test.feed = ['a', 'b'];
    search.goOn();
    expect(search.isInProgress).toBe(false);
    begin();
    await round();
    test.feed.push('new');
    test.tryOut = succeedsFor('new');
    search.goOn();
    expect(search.isInProgress).toBe(true);
    expect(await round()).toEqual(['found', 1]);
    expect(tried).toEqual(['new']);
  });

  it('leaves them to the next round while others are not tried yet', async () => {
    const { search, test, begin, round } = searching();
    test.feed = names(50);
    begin();
    await round();
    search.goOn();
    expect(search.isInProgress).toBe(false);
  });

  it('tries them until a thousand orders fail', async () => {
    const { search, test, begin, round, tried } = searching();
    test.feed = names(5);
    begin();
    await round();
    test.feed.push(...names(3000).slice(5));
    search.goOn();
    // Of a thousand, five fail already.
    expect(await round()).toEqual(['nothing', 995]);
    begin();
    await round();
    expect(tried[0]).toBe('order-1000');
    const full = searching();
    full.test.feed = names(999);
    for (const _ of [16, 64, 256, 1024]) {
      full.begin();
      await full.round();
    }
    full.test.feed.push('last', 'more');
    full.search.goOn();
    expect(await full.round()).toEqual(['nothing', 1]);
    full.search.goOn();
    expect(full.search.isInProgress).toBe(false);
  });

  it('does not look when a thousand orders fail at the end of the feed', async () => {
    const { search, test, begin, round } = searching();
    test.feed = names(1000);
    for (const _ of [16, 64, 256, 1024]) {
      begin();
      await round();
    }
    search.goOn();
    expect(search.isInProgress).toBe(false);
    // The next round begins from the front, as it does at the end of the feed.
    begin();
    expect(await round()).toEqual(['nothing', 999]);
  });
});

describe('a search that remembers as much as it may', () => {
  it('ends at ten thousand orders', async () => {
    const { search, test, begin, round } = searching();
    test.feed = names(12_000);
    let count = 0;
    for (let rounds = 0; rounds < 14; rounds += 1) {
      begin();
      count += Number((await round())[1]);
    }
    expect(count).toBe(9999);
    expect(search.isInProgress).toBe(false);
  });

  it('ends at fifty thousand with those put aside, whether they fail or are refused', async () => {
    const { search, test, begin, round } = searching();
    test.feed = names(20);
    test.asideCount = 49_996;
    test.tryOut = ({ orderId }) => ({
      error: orderId === 'order-2' ? new PermanentHandlerError('no') : new Error('no'),
    });
    begin();
    expect(await round()).toEqual(['nothing', 3]);
    expect(search.isInProgress).toBe(false);
  });
});
