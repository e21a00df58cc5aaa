import { createMemoryStore, type OrderEngine, PermanentHandlerError } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { type TransactionalStore, transactionalStore } from '../store/transactional-store.ts';
import { annotate, place, sharedStore, testEngine } from './kit.ts';
import { type Context, counting, rowsOf, type Told } from './projecting.ts';
import { names, passUntil, placeAll } from './starvation.ts';

/** A projection whose handler fails for some orders, and what it has of whom. */
async function moody(store: TransactionalStore = newStore()) {
  const { engine, clock } = await testEngine({ store });
  const failing = { is: (orderId: string): boolean => orderId.startsWith('bad') };
  const tried: string[] = [];
  const handler = (event: Told, context: Context): void => {
    tried.push(event.orderId);
    if (failing.is(event.orderId)) throw new Error('This order does not fit.');
    counting(event, context);
  };
  const start = (of: OrderEngine = engine) => of.project({ name: 'moody', handler });
  const versionsOf = (id: string) => rowsOf(store)[id] as readonly number[] | undefined;
  const hasAll = (ids: readonly string[]) => ids.every((id) => versionsOf(id) !== undefined);
  const until = (condition: () => boolean) => passUntil({ engine, clock }, condition);
  return { store, engine, clock, failing, start, versionsOf, hasAll, until, tried };
}

const newStore = () => transactionalStore(sharedStore(createMemoryStore()));

const parkedIn = (engine: OrderEngine) => engine.subscriptions.parked('moody', { limit: 1000 });

describe('orders that fail for now in a projection', () => {
  it.each([1, 10, 1000])('hold up nobody else, %i of them', async (count) => {
    const { engine, failing, start, versionsOf, hasAll, until } = await moody();
    const [bad, good] = [names('bad', count), names('good', 50)];
    await placeAll(engine, bad);
    await placeAll(engine, good);
    for (const id of [...good, 'bad-0']) await engine.execute(annotate(id, 'x'));
    const projection = await start();
    expect(await until(() => versionsOf('good-49')?.length === 2)).toBeLessThan(60_000);
    for (const id of good) expect(versionsOf(id), id).toEqual([1, 2]);
    const parked = await parkedIn(engine);
    expect(parked.some(({ error, retryAt }) => error === null && retryAt === null)).toBe(true);
    for (const { error, retryAt } of parked.filter(({ event }) => event.version === 1)) {
      expect(error).toBe('This order does not fit.');
      expect(retryAt).toBeGreaterThan(0);
    }
    expect(projection.status().partitions[0]).toMatchObject({
      parkedLanes: count,
      asideLanes: count,
    });
    expect(engine.stats().eventsPutAside).toBeGreaterThan(count);
    expect(engine.stats().eventsParked).toBe(0);
    // And they are tried again by themselves, until it works.
    failing.is = () => false;
    await until(() => hasAll(bad));
    expect(versionsOf('bad-0')).toEqual([1, 2]);
    for (const id of bad.slice(1)) expect(versionsOf(id), id).toEqual([1]);
    expect(await parkedIn(engine)).toEqual([]);
    expect(projection.status().partitions[0]).toMatchObject({ parkedLanes: 0, asideLanes: 0 });
  });

  it('wait once, and not once each, when they stand among others', async () => {
    const { engine, start, hasAll, until } = await moody();
    const good = names('good', 500);
    await placeAll(
      engine,
      good.flatMap((id, index) => [`bad-${index}`, id]),
    );
    await start();
    expect(await until(() => hasAll(good))).toBeLessThan(5_000);
  });

  it('hold up nobody who comes while the only one of them waits', async () => {
    const { engine, clock, start, versionsOf, until } = await moody();
    await engine.execute(place('bad'));
    await start();
    // Its pauses have grown to their longest by then.
    await clock.runTo(clock.now() + 600_000, () => engine.idle());
    await engine.execute(place('good'));
    await engine.idle();
    expect(versionsOf('good')).toEqual([1]);
    await until(() => engine.stats().eventsPutAside > 0);
  });

  it('take turns with the others when all of them are due at once', async () => {
    const { engine, clock, start, tried, until } = await moody();
    await placeAll(engine, [...names('bad', 200), 'good']);
    await start();
    await until(() => engine.stats().handlerRetries > 1000);
    clock.advanceBy(600_000);
    tried.length = 0;
    await engine.execute(place('new'));
    await engine.idle();
    expect(tried).toHaveLength(201);
    expect(tried.indexOf('new')).toBeLessThan(10);
  });

  it('stay put aside over a restart, each with its order and its growing pauses', async () => {
    const { store, engine, clock, failing, start, until } = await moody();
    await placeAll(engine, [...names('bad', 20), 'good']);
    await start();
    await until(() => engine.stats().eventsPutAside === 20);
    const before = await parkedIn(engine);
    await engine.close();
    const { engine: next } = await testEngine({ store, clock });
    await next.execute(annotate('bad-3', 'x'));
    const again = await start(next);
    await passUntil({ engine: next, clock }, () => next.stats().handlerRetries >= 40);
    const after = await parkedIn(next);
    const attemptsOf = (list: typeof after) => list.find(({ attempts }) => attempts > 0)?.attempts;
    expect(attemptsOf(after)).toBeGreaterThan(attemptsOf(before) ?? Number.POSITIVE_INFINITY);
    expect(again.status().partitions[0]).toMatchObject({ asideLanes: 20 });
    failing.is = () => false;
    await passUntil({ engine: next, clock }, () => Object.keys(rowsOf(store)).length === 21);
    expect(rowsOf(store)['bad-3']).toEqual([1, 2]);
    expect(await parkedIn(next)).toEqual([]);
  });

  it('are tried again at once when somebody asks', async () => {
    const { engine, failing, start, versionsOf, until } = await moody();
    await placeAll(engine, ['bad', 'good']);
    await start();
    await until(() => engine.stats().eventsPutAside === 1);
    failing.is = () => false;
    expect(await engine.subscriptions.retry('moody', { orderId: 'bad' })).toBe(1);
    await engine.idle();
    expect(versionsOf('bad')).toEqual([1]);
  });

  it('have none of their later events projected before the one that fails', async () => {
    const store = newStore();
    const { engine, clock } = await testEngine({ store });
    for (const id of ['bad', 'good']) await engine.execute(place(id));
    await engine.execute(annotate('bad', 'x'));
    let isFailing = true;
    await engine.project({
      name: 'moody',
      handler: (event: Told, context: Context) => {
        if (isFailing && event.orderId === 'bad' && event.version === 1) throw new Error('not now');
        counting(event, context);
      },
    });
    await passUntil({ engine, clock }, () => 'good' in rowsOf(store));
    expect(rowsOf(store)).toEqual({ good: [1] });
    isFailing = false;
    await passUntil({ engine, clock }, () => engine.stats().eventsHandled === 3);
    expect(rowsOf(store)).toEqual({ bad: [1, 2], good: [1] });
  });

  it('are parked when they are refused for good at another attempt', async () => {
    const { engine, failing, start, until } = await moody();
    await placeAll(engine, ['bad', 'good']);
    await start();
    await until(() => engine.stats().eventsPutAside === 1);
    failing.is = () => {
      throw new PermanentHandlerError('never');
    };
    await until(() => engine.stats().eventsHandled === 1 && engine.stats().handlerRetries >= 2);
    await engine.subscriptions.retry('moody');
    await engine.idle();
    expect(await parkedIn(engine)).toMatchObject([{ error: 'never', retryAt: null }]);
  });
});

describe('a projection whose handler works for nobody', () => {
  it('has nothing put aside, and goes on in order when it works again', async () => {
    const { store, engine, clock, failing, start, tried, hasAll, until } = await moody();
    const ids = names('order', 1000);
    failing.is = () => true;
    await placeAll(engine, ids.slice(0, 500));
    await start();
    await placeAll(engine, ids.slice(500));
    await clock.runTo(clock.now() + 720_000, () => engine.idle());
    expect(engine.stats().eventsPutAside).toBe(0);
    expect(await parkedIn(engine)).toEqual([]);
    // Its pauses grow: in twelve minutes each event is tried some times, and not some hundred times.
    expect(tried.length).toBeGreaterThan(20);
    expect(tried.length).toBeLessThan(30 * ids.length);
    failing.is = () => false;
    await until(() => hasAll(ids));
    expect(engine.stats()).toMatchObject({ eventsPutAside: 0, eventsHandled: ids.length });
    expect(Object.values(rowsOf(store)).every((versions) => `${versions}` === '1')).toBe(true);
  });
});
