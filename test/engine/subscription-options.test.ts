import { createMemoryStore, type OrderStore } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { filterOf, settleFilter, storedFilter } from '../../src/engine/subscriptions/filter.ts';
import {
  projectionSettings,
  retrySchema,
  subscriptionSettings,
} from '../../src/engine/subscriptions/options.ts';
import { rewindTargets } from '../../src/engine/subscriptions/rewind.ts';
import { delegateStore } from '../../src/testing/delegate.ts';

const handler = () => {};
const least = { name: 'mailer', from: 'beginning', handler } as const;
const issuesOf = (check: () => unknown): unknown => {
  try {
    return check();
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalidArgument' });
    return (error as Error).message;
  }
};

describe('the options of a subscription', () => {
  it('have defaults', () => {
    expect(subscriptionSettings(least)).toEqual({
      ...{ name: 'mailer', from: 'beginning', types: undefined, upgrade: undefined, handler },
      ...{ concurrency: 16, retry: { initialDelayMs: 100, maximumDelayMs: 60_000 } },
    });
    expect(projectionSettings({ name: 'totals', handler })).toEqual({
      ...{ name: 'totals', from: 'beginning', types: undefined, upgrade: undefined, handler },
      ...{ concurrency: 2, batchSize: 256 },
      retry: { initialDelayMs: 100, maximumDelayMs: 60_000 },
    });
    expect(retrySchema(5, 7).parse(undefined)).toEqual({ initialDelayMs: 5, maximumDelayMs: 7 });
  });

  it.each([
    ['the longest name', { name: `A${'b'.repeat(63)}` }],
    ['a name of one digit', { name: '7' }],
    ['all characters of names', { name: 'a.B-c_9' }],
    ['a time', { from: { time: 0 } }],
    ['now', { from: 'now' }],
    ['types and families', { types: ['order.placed', 'payment.*', '*'] }],
    ['a thousand types', { types: Array.from({ length: 1000 }, () => 'order.placed') }],
    ['one at a time', { concurrency: 1 }],
    ['ten thousand at a time', { concurrency: 10_000 }],
    ['the shortest waits', { retry: { initialDelayMs: 1, maximumDelayMs: 1 } }],
    ['the longest waits', { retry: { initialDelayMs: 86_400_000, maximumDelayMs: 86_400_000 } }],
    ['an upgrade from all', { upgrade: { fromTypes: 'all', replay: 'nothing' } }],
    ['an upgrade from some', { upgrade: { fromTypes: ['order.placed'], replay: 'beginning' } }],
    ['an upgrade from a time on', { upgrade: { fromTypes: 'all', replay: { time: 5 } } }],
  ])('may be %s', (_, options) => {
    expect(subscriptionSettings({ ...least, ...options })).toMatchObject(options);
  });

  it.each([
    ['no name', { name: '' }, /\(name\): must be 1 to 64 letters, digits, \. - or _/],
    ['too long a name', { name: 'a'.repeat(65) }, /\(name\)/],
    ['a name with a slash', { name: 'a/b' }, /\(name\)/],
    ['a name that begins with a dot', { name: '.a' }, /\(name\)/],
    ['a name on two lines', { name: 'a\nb' }, /\(name\)/],
    [
      'a place that is none',
      { from: 'end' },
      /must be 'beginning' \(all events, including past ones\), 'now' \(events recorded from now on\) or \{ time: <milliseconds since 1970> \}/,
    ],
    ['a place with surplus', { from: { time: 1, to: 2 } }, /\(from\)/],
    ['no types', { types: [] }, /\(types\)/],
    ['too many types', { types: Array.from({ length: 1001 }, () => 'order.placed') }, /\(types\)/],
    ['a type that is none', { types: [7] }, /\(types\.0\): must be an event type or a family/],
    ['none at a time', { concurrency: 0 }, /\(concurrency\)/],
    ['too many at a time', { concurrency: 10_001 }, /\(concurrency\)/],
    ['half of one at a time', { concurrency: 1.5 }, /\(concurrency\)/],
    ['no wait', { retry: { initialDelayMs: 0 } }, /\(retry\.initialDelayMs\)/],
    ['too long a wait', { retry: { maximumDelayMs: 86_400_001 } }, /\(retry\.maximumDelayMs\)/],
    ['a wait with surplus', { retry: { delayMs: 5 } }, /\(retry\)/],
    [
      'an upgrade from one',
      { upgrade: { fromTypes: 'one', replay: 'nothing' } },
      /\(upgrade\.fromTypes\)/,
    ],
    [
      'an upgrade that replays now',
      { upgrade: { fromTypes: 'all', replay: 'now' } },
      /\(upgrade\.replay\)/,
    ],
    [
      'an upgrade with surplus',
      { upgrade: { fromTypes: 'all', replay: 'nothing', x: 1 } },
      /\(upgrade\)/,
    ],
    [
      'a replay with surplus',
      { upgrade: { fromTypes: 'all', replay: { time: 1, x: 1 } } },
      /\(upgrade\.replay\)/,
    ],
    ['no handler', { handler: 'handler' }, /\(handler\): must be a function/],
    ['surplus', { batchSize: 5 }, /The options of subscribe/],
  ])('may not be %s', (_, options, message) => {
    expect(issuesOf(() => subscriptionSettings({ ...least, ...options }))).toMatch(message);
  });

  it.each([
    ['no batch', { batchSize: 0 }, /The options of project \(batchSize\)/],
    ['too large a batch', { batchSize: 10_001 }, /\(batchSize\)/],
    ['no transaction', { concurrency: 0 }, /\(concurrency\)/],
    ['too many transactions', { concurrency: 1001 }, /\(concurrency\)/],
  ])('of a projection may not be %s', (_, options, message) => {
    expect(issuesOf(() => projectionSettings({ ...least, ...options }))).toMatch(message);
    const most = { batchSize: 10_000, concurrency: 1000 };
    expect(projectionSettings({ ...least, ...most })).toMatchObject(most);
    expect(projectionSettings({ ...least, batchSize: 1, concurrency: 1 }).batchSize).toBe(1);
  });
});

/** A store whose claims and rewinds are noted. */
async function claiming() {
  const inner = createMemoryStore();
  await inner.open();
  const told: string[] = [];
  const { subscriptions } = inner;
  const store: OrderStore = {
    ...delegateStore(inner),
    subscriptions: {
      ...delegateStore(inner).subscriptions,
      claimFilter: (name, filter, instead) => {
        told.push(`claim ${filter}${instead === undefined ? '' : ` for ${instead}`}`);
        return subscriptions.claimFilter(name, filter, instead);
      },
      checkpoints: async () => [{ partition: 0, position: 7 }],
      rewind: async (name, partition, position) =>
        void told.push(`rewind ${name} ${partition} ${position}`),
    },
    feedEnd: async () => 9,
    feedPositionAt: async (_, time) => time / 1000,
  };
  return { store, told };
}

const settings = (types: readonly string[] | undefined, upgrade?: object) =>
  subscriptionSettings({ ...least, types, upgrade });

describe('the filter of a subscription', () => {
  it('is the same text for the same types', () => {
    expect(filterOf(undefined)).toBe('*');
    expect(filterOf('all')).toBe('*');
    expect(filterOf(['order.placed', '*'])).toBe('*');
    expect(filterOf(['b.c', 'a.*', 'b.c'])).toBe('a.* b.c');
  });

  it('is kept when there is none, and left alone when it is the same', async () => {
    const { store, told } = await claiming();
    await settleFilter(store, settings(['order.placed']));
    await settleFilter(
      store,
      settings(['order.placed'], { fromTypes: 'all', replay: 'beginning' }),
    );
    expect(told).toEqual(['claim order.placed', 'claim order.placed']);
    expect(await storedFilter(store, settings(undefined))).toBe('order.placed');
  });

  it('that is another is refused, with both of them', async () => {
    const { store, told } = await claiming();
    await settleFilter(store, settings(['order.placed']));
    told.length = 0;
    await expect(settleFilter(store, settings(undefined))).rejects.toMatchObject({
      code: 'subscriptionChanged',
      message:
        "The subscription 'mailer' was last run with the event types 'order.placed', and now with " +
        "'*'. Events of new types were skipped until now: say with upgrade: { fromTypes, replay } " +
        'whether to handle them, or use a new name.',
      details: { name: 'mailer', known: 'order.placed', wanted: '*' },
    });
    const upgrade = { fromTypes: ['payment.*'], replay: 'nothing' };
    await expect(settleFilter(store, settings(undefined, upgrade))).rejects.toMatchObject({
      details: { known: 'order.placed' },
    });
    expect(told).toEqual(['claim *', 'claim *']);
  });

  it.each([
    ['nothing', 7],
    ['beginning', 0],
    [{ time: 3000 }, 3],
  ])(
    'is upgraded in two steps, between which the places are moved: %j',
    async (replay, position) => {
      const { store, told } = await claiming();
      await settleFilter(store, settings(['order.placed']));
      told.length = 0;
      await settleFilter(store, settings(undefined, { fromTypes: ['order.placed'], replay }));
      expect(told).toEqual([
        'claim *',
        'claim order.placed -> * for order.placed',
        `rewind mailer 0 ${position}`,
        'claim * for order.placed -> *',
      ]);
      expect(await storedFilter(store, settings(['payment.*']))).toBe('*');
    },
  );

  it('is upgraded from where an upgrade broke off', async () => {
    const { store, told } = await claiming();
    await store.subscriptions.claimFilter('mailer', 'order.placed -> *');
    told.length = 0;
    const upgrade = { fromTypes: ['order.placed'], replay: 'nothing' };
    await settleFilter(store, settings(undefined, upgrade));
    expect(told).toEqual(['claim *', 'rewind mailer 0 7', 'claim * for order.placed -> *']);
  });
});

describe('a place to rewind to', () => {
  it.each([
    ['beginning', [{ partition: 0, position: 0 }]],
    ['now', [{ partition: 0, position: 9 }]],
    [{ time: 4000 }, [{ partition: 0, position: 4 }]],
    [{ positions: { 0: 9 } }, [{ partition: 0, position: 9 }]],
    [{ positions: {} }, []],
  ])('is known for %j', async (from, targets) => {
    const { store } = await claiming();
    expect(await rewindTargets(store, from)).toEqual(targets);
  });

  it.each([
    ['end', /The place to rewind to/],
    [{ time: 1, x: 2 }, /The place to rewind to/],
    [{ positions: { 0: -1 } }, /The place to rewind to/],
    [{ positions: { '1234567890': 1 } }, /The place to rewind to/],
    [{ positions: { a1: 1 } }, /The place to rewind to/],
    [{ positions: { '1a': 1 } }, /The place to rewind to/],
    [{ positions: { 0: 1 }, time: 3 }, /The place to rewind to/],
  ])('is none: %j', async (from, message) => {
    const { store } = await claiming();
    await expect(rewindTargets(store, from)).rejects.toMatchObject({
      ...{ code: 'invalidArgument', message: expect.stringMatching(message) },
    });
  });

  it('is in a partition that the store has, and not behind its end', async () => {
    const { store } = await claiming();
    await expect(rewindTargets(store, { positions: { 0: 10 } })).rejects.toMatchObject({
      code: 'invalidArgument',
      message: "Partition 0 ends at position 9, before 10; use 'now' for the end.",
      details: { partition: 0, position: 10, partitions: 1, end: 9 },
    });
    await expect(rewindTargets(store, { positions: { 1: 0 } })).rejects.toMatchObject({
      code: 'invalidArgument',
      message: 'There is no partition 1; this store has 1, numbered from 0.',
      details: { partition: 1, position: 0, partitions: 1 },
    });
    // As far as names of partitions go.
    await expect(rewindTargets(store, { positions: { 123456789: 0 } })).rejects.toThrow(
      'partition',
    );
  });
});
