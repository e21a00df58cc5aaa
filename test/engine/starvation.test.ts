import { describe, expect, it } from 'vitest';
import { annotate, place, sharedStore, testEngine } from './kit.ts';
import { goodOnesBehind, moodyHandler, names, passUntil, placeAll } from './starvation.ts';

describe('orders that fail for now', () => {
  it.each([10, 1000])('hold up nobody else, %i of them', async (count) => {
    const { engine, clock, subscription, told, failing, passedMs } = await goodOnesBehind(
      sharedStore(),
      count,
    );
    expect(passedMs).toBeLessThan(60_000);
    const parked = await engine.subscriptions.parked('moody', { limit: 1000 });
    for (const { retryAt, error } of parked) {
      expect(retryAt).toBeGreaterThan(0);
      expect(error).toBe('The server of this customer is away.');
    }
    const [partition] = subscription.status().partitions;
    expect(partition?.asideLanes).toBe(partition?.parkedLanes);
    expect(partition?.unfinished).toBeLessThanOrEqual(1000);
    // And they are tried again by themselves, until it works.
    failing.is = () => false;
    const bad = names('bad', count);
    await passUntil({ engine, clock }, () => bad.every((id) => told.has(id)));
    for (const id of bad) expect(told.get(id), id).toEqual([1]);
    expect(await engine.subscriptions.parked('moody')).toEqual([]);
    expect(subscription.status().partitions[0]).toMatchObject({ parkedLanes: 0, asideLanes: 0 });
  });

  it('do so when one of them has more events than are held in memory', async () => {
    const { told, failing, options } = moodyHandler();
    const { engine, clock } = await testEngine({ store: sharedStore() });
    await engine.execute(place('bad'));
    for (let note = 0; note < 1200; note += 1) await engine.execute(annotate('bad', `${note}`));
    await engine.execute(place('good'));
    await engine.subscribe(options);
    await passUntil({ engine, clock }, () => told.has('good'));
    failing.is = () => false;
    await passUntil({ engine, clock }, () => told.get('bad')?.length === 1201);
    expect(told.get('bad')).toEqual(Array.from({ length: 1201 }, (_, index) => index + 1));
  });

  it('stay put aside over a restart, each with its order and its growing pauses', async () => {
    const store = sharedStore();
    const { engine, clock, told, failing, options } = await goodOnesBehind(store, 1100);
    const before = await engine.subscriptions.parked('moody', { limit: 1000 });
    const aside = before
      .filter(({ retryAt }) => retryAt !== null)
      .map(({ event }) => event.orderId);
    expect(aside.length).toBeGreaterThan(100);
    const [first = ''] = aside;
    await engine.close();
    const { engine: next } = await testEngine({ store, clock });
    for (const text of ['x', 'y']) await next.execute(annotate(first, text));
    await next.subscribe(options);
    await next.idle();
    await passUntil({ engine: next, clock }, () => next.stats().eventsPutAside > aside.length);
    const after = await next.subscriptions.parked('moody', { limit: 1000 });
    const attemptsOf = (list: typeof after) =>
      list.find(({ event }) => event.orderId === first)?.attempts ?? 0;
    expect(attemptsOf(after)).toBeGreaterThan(attemptsOf(before));
    failing.is = () => false;
    await passUntil({ engine: next, clock }, () => told.get(first)?.length === 3);
    expect(told.get(first)).toEqual([1, 2, 3]);
  });

  it('are tried again at once when somebody asks', async () => {
    const { engine, told, failing } = await goodOnesBehind(sharedStore(), 1100);
    const [head] = await engine.subscriptions.parked('moody');
    const orderId = head?.event.orderId ?? '';
    failing.is = () => false;
    expect(await engine.subscriptions.retry('moody', { orderId })).toBe(1);
    await engine.idle();
    expect(told.get(orderId)).toEqual([1]);
  });
});

describe('a handler that works for nobody', () => {
  it('has nothing put aside, reads no further, and goes on in order when it works again', async () => {
    const { told, failing, options, attempts } = moodyHandler();
    const { engine, clock } = await testEngine({ store: sharedStore() });
    const ids = names('order', 3000);
    await placeAll(engine, ids.slice(0, 1500));
    const subscription = await engine.subscribe(options);
    await engine.idle();
    failing.is = () => true;
    await placeAll(engine, ids.slice(1500));
    await placeAll(engine, names('more', 1000));
    const triedBefore = attempts();
    // The pauses have grown to their longest by then.
    for (let minute = 0; minute < 12; minute += 1) {
      clock.advanceBy(60_000);
      await engine.idle();
    }
    expect(attempts()).toBeGreaterThan(triedBefore);
    expect(engine.stats().eventsPutAside).toBe(0);
    expect(await engine.subscriptions.parked('moody')).toEqual([]);
    expect(subscription.status().partitions[0]).toMatchObject({ unfinished: 1000, parkedLanes: 0 });
    failing.is = () => false;
    await passUntil({ engine, clock }, () => ids.every((id) => told.has(id)));
    expect(engine.stats().eventsPutAside).toBe(0);
    for (const id of ids) expect(told.get(id), id).toEqual([1]);
  });
});
