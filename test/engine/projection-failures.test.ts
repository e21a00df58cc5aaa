import { describe, expect, it } from 'vitest';
import { PermanentHandlerError } from '../../src/engine/subscriptions/permanent-error.ts';
import { OrderchartError } from '../../src/errors.ts';
import { projectingAlone } from './projection-kit.ts';
import { gate, turns } from './turns.ts';
import { entries, entryOf } from './worker-kit.ts';

// What the worker of a projection does about a failure in a transaction.

const fails = 'An event failed; it is tried again later.';
const parks = 'An event failed permanently and is parked.';

/** A worker on these events, whose handler throws what `errors` has for an event. */
async function failing(
  feed: ReturnType<typeof entries>,
  errors: Record<string, Error>,
  pageSize?: number,
) {
  const all = projectingAlone(pageSize);
  all.test.feed = feed;
  all.test.handle = async ({ id }) => {
    const error = errors[id];
    if (error !== undefined) throw error;
  };
  await all.worker.start();
  return { ...all, errors, begun: await all.news() };
}

const no = new Error('no');
const never = new PermanentHandlerError('never');

describe('an event that fails in a projection', () => {
  it('lets those before it go first, and is tried again alone, a little later', async () => {
    const { begun, news, pass, errors, logged, counters, worker, contexts } = await failing(
      entries(11, 4),
      { e13: no },
    );
    expect(begun).toEqual([
      ...['learn', 'read after 10 4', 'begin', 'handle e11', 'handle e12', 'handle e13'],
      ...['rollback', 'begin', 'handle e11', 'handle e12', 'commit 12'],
      ...['begin', 'handle e13', 'rollback'],
    ]);
    expect(worker.status()).toMatchObject({ position: 12, unfinished: 2 });
    expect(logged).toMatchObject([['warn', fails, { eventId: 'e13', attempts: 1, error: no }]]);
    expect(counters).toMatchObject({ eventsHandled: 2, handlerRetries: 1 });
    await pass(99);
    expect(await news()).toEqual([]);
    delete errors.e13;
    await pass(1);
    expect(await news()).toEqual([
      'begin',
      'handle e13',
      'commit 13',
      'begin',
      'handle e14',
      'commit 14',
    ]);
    expect(contexts.at(-2)).toMatchObject({ attempt: 2 });
    expect(contexts.at(-1)).toMatchObject({ attempt: 1 });
  });

  it('is put aside when it fails again and an event behind it succeeds on trial', async () => {
    const { news, pass, test, counters, worker, contexts, logged } = await failing(
      [entryOf(11), entryOf(12), entryOf(13, 'order-11'), entryOf(14)],
      { e11: no },
    );
    await pass(100);
    expect(await news()).toEqual([
      ...['begin', 'handle e11', 'rollback', 'look after 11', 'begin', 'handle e12', 'rollback'],
      ...['begin', 'park e11 no', 'handle e12', 'park e13 behind', 'handle e14', 'commit 14'],
    ]);
    expect(contexts.at(-3)).toMatchObject({ attempt: 1, transaction: 'transaction 3' });
    expect(logged).toHaveLength(2);
    // Twice has failed what waits twice as long.
    expect(test.lot).toMatchObject([
      { position: 11, error: 'no', attempts: 2, retryAt: 100 + 200, parkedAt: 100 },
      { position: 13, error: null, attempts: 0, retryAt: null },
    ]);
    expect(worker.status()).toMatchObject({ position: 14, parkedLanes: 1, asideLanes: 1 });
    expect(counters).toEqual({
      ...{ eventsHandled: 2, handlerRetries: 2, eventsParked: 0, eventsPutAside: 2 },
    });
  });

  it('is put aside at its first failure when others already are', async () => {
    const { news, pass, test, errors, worker } = await failing(entries(11, 2), { e11: no });
    await pass(100);
    await news();
    test.feed = entries(11, 4);
    errors.e13 = no;
    worker.wake();
    expect(await news()).toEqual([
      ...['read after 12 4', 'begin', 'handle e13', 'rollback', 'look after 13'],
      ...['begin', 'handle e14', 'rollback', 'begin', 'park e13 no', 'handle e14', 'commit 14'],
    ]);
  });

  it('waits longer each time when those behind it fail as well', async () => {
    const { news, pass, errors } = await failing(entries(11, 3), { e11: no, e12: no, e13: no });
    await pass(100);
    expect(await news()).toEqual([
      ...['begin', 'handle e11', 'rollback', 'look after 11', 'begin', 'handle e12', 'rollback'],
      ...['begin', 'handle e13', 'rollback', 'look after 13'],
    ]);
    await pass(199);
    expect(await news()).toEqual([]);
    await pass(1);
    // From the front again, because it had come to the end.
    expect(await news()).toHaveLength(11);
    await pass(399);
    expect(await news()).toEqual([]);
    for (const id of ['e11', 'e12', 'e13']) delete errors[id];
    await pass(1);
    expect(await news()).toEqual([
      ...['begin', 'handle e11', 'commit 11', 'begin', 'handle e12', 'handle e13', 'commit 13'],
    ]);
  });

  it('makes way as soon as a new event succeeds', async () => {
    const { news, pass, test, worker } = await failing(entries(11, 1), { e11: no });
    await pass(100);
    expect((await news()).at(-1)).toBe('look after 11');
    test.feed.push(entryOf(12));
    worker.wake();
    expect(await news()).toEqual([
      ...['look after 11', 'begin', 'handle e12', 'rollback', 'begin', 'park e11 no', 'commit 11'],
      ...['read after 11 4', 'begin', 'handle e12', 'commit 12'],
    ]);
    // It does not wait for the next attempt at that one any more.
    await pass(199);
    expect(await news()).toEqual([]);
  });
});

describe('an event that a projection refuses for good', () => {
  it('is parked in a transaction of its own, and the later ones of its order behind it', async () => {
    const { begun, test, logged, counters, worker } = await failing(
      [entryOf(11), entryOf(12, 'order-11'), entryOf(13)],
      { e11: never },
    );
    expect(begun).toEqual([
      ...['learn', 'read after 10 4', 'begin', 'handle e11', 'rollback'],
      ...['begin', 'park e11 never', 'commit 11', 'parked order-11'],
      ...['begin', 'park e12 behind', 'handle e13', 'commit 13'],
    ]);
    expect(test.lot[0]).toMatchObject({ error: 'never', attempts: 1, retryAt: null });
    expect(logged).toMatchObject([['error', parks, { eventId: 'e11', attempts: 1, error: never }]]);
    expect(worker.status()).toMatchObject({ position: 13, parkedLanes: 1, asideLanes: 0 });
    expect(counters).toMatchObject({ eventsHandled: 1, eventsParked: 2, handlerRetries: 0 });
  });

  it('is tried again later when it cannot be parked', async () => {
    const all = projectingAlone();
    all.test.feed = entries(11, 2);
    all.test.handle = async ({ id }) => {
      if (id === 'e11') throw never;
    };
    all.test.beforePark = async () => {
      throw new Error('away');
    };
    await all.worker.start();
    expect((await all.news()).slice(-3)).toEqual(['begin', 'park e11 never', 'rollback']);
    all.test.beforePark = async () => {};
    await all.pass(99);
    expect(await all.news()).toEqual([]);
    await all.pass(1);
    expect(await all.news()).toEqual([
      ...['begin', 'handle e11', 'rollback', 'begin', 'park e11 never', 'commit 11'],
      ...['begin', 'handle e12', 'commit 12'],
    ]);
    expect(all.test.lot[0]).toMatchObject({ attempts: 2 });
  });

  it('is parked in its turn when it stands behind one that fails for now', async () => {
    const { news, pass, test } = await failing(entries(11, 3), { e11: no, e12: never });
    await pass(100);
    expect(await news()).toEqual([
      ...['begin', 'handle e11', 'rollback', 'look after 11', 'begin', 'handle e12', 'rollback'],
      ...['begin', 'handle e13', 'rollback', 'begin', 'park e11 no', 'handle e12', 'rollback'],
      ...['begin', 'park e11 no', 'commit 11', 'begin', 'handle e12', 'rollback'],
      ...['begin', 'park e12 never', 'commit 12', 'begin', 'handle e13', 'commit 13'],
    ]);
    expect(test.lot.map(({ error }) => error)).toEqual(['no', 'never']);
  });
});

describe('a transaction of a projection that does not hold', () => {
  const undone = new OrderchartError('storeUnavailable', 'undone');

  it('is tried in halves, until the event is found', async () => {
    const all = projectingAlone();
    all.test.feed = entries(11, 4);
    all.test.commit = async (position) => {
      if (position > 11) throw undone;
    };
    await all.worker.start();
    expect((await all.news()).filter((what) => /begin|commit|rollback|e1/.test(what))).toEqual([
      ...['begin', 'handle e11', 'handle e12', 'handle e13', 'handle e14', 'rollback'],
      ...['begin', 'handle e11', 'handle e12', 'rollback', 'begin', 'handle e11', 'commit 11'],
      ...['begin', 'handle e12', 'handle e13', 'handle e14', 'rollback'],
      ...['begin', 'handle e12', 'rollback'],
    ]);
    expect(all.logged).toMatchObject([['warn', fails, { eventId: 'e12', error: undone }]]);
    expect(all.ended).toEqual([]);
  });

  it.each([
    ['nobody knows how it ended', new OrderchartError('outcomeUnknown', 'lost'), 1],
    ['the error is none of a store', new Error('lost'), 1],
    ['the history has changed', new OrderchartError('historyChanged', 'changed'), 0],
  ])('ends the worker where %s', async (_, error, warnings) => {
    const all = projectingAlone();
    all.test.feed = entries(11, 1);
    all.test.commit = async () => {
      throw error;
    };
    await all.worker.start();
    await all.news();
    expect(all.ended).toEqual([false]);
    expect(all.logged).toEqual(
      Array(warnings).fill([
        ...['warn', 'A projection could not be written; it continues at its checkpoint.'],
        { subscription: 'counts', error },
      ]),
    );
    await all.pass(60_000);
    expect(await all.news()).toEqual([]);
  });

  it('ends the worker where the handler finds that the history has changed', async () => {
    const changed = new OrderchartError('historyChanged', 'changed');
    const { ended, logged } = await failing(entries(11, 1), { e11: changed });
    expect([ended, logged]).toEqual([[false], []]);
  });

  it('ends the worker where another one has the lease', async () => {
    const all = projectingAlone();
    all.test.feed = entries(11, 2);
    all.test.handle = async () => {
      all.test.isOurs = false;
    };
    await all.worker.start();
    expect(await all.news()).toContain('commit 12');
    expect(all.ended).toEqual([true]);
    expect(all.worker.status()).toMatchObject({ position: 10 });
    expect(all.counters.eventsHandled).toBe(0);
  });

  it('is not begun without the lease', async () => {
    const all = projectingAlone();
    all.test.feed = entries(11, 2);
    all.test.beforeRead = async () => {
      all.test.isOurs = false;
    };
    await all.worker.start();
    expect(await all.news()).toEqual(['learn', 'read after 10 4']);
    expect(all.ended).toEqual([true]);
  });
});

describe('the lease of a projection', () => {
  it('is not renewed during its transaction, which locks it', async () => {
    const all = projectingAlone();
    const hold = gate();
    all.test.feed = entries(11, 1);
    all.test.handle = () => hold.opened;
    await all.worker.start();
    await turns();
    all.told.length = 0;
    expect(await all.worker.hold()).toBe(true);
    expect(all.told).toEqual([]);
    all.worker.abandon();
    expect(await all.worker.hold()).toBe(false);
    expect(all.told).toEqual([]);
    hold.open();
    await turns();
    all.told.length = 0;
    expect(await all.worker.hold()).toBe(false);
    expect(all.told).toEqual(['hold']);
  });
});
