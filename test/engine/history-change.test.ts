import { OrderchartError, type OrderEvent, type OrderStore } from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import { all, annotate, gate, place, testEngine, turns } from './kit.ts';
import { type SetBackStore, setBackStore } from './set-back-store.ts';

const second = 1000;

/** Two engines on one store, and what the subscription of the first has been told. */
async function given(change: (store: SetBackStore) => OrderStore = (store) => store) {
  const clock = createMovableClock();
  const store = setBackStore();
  const used = change(store);
  const { engine, log } = await testEngine({ store: used, clock });
  const { engine: other } = await testEngine({ store: used, clock });
  const told: OrderEvent[] = [];
  const subscription = await engine.subscribe({
    name: 'mailer',
    from: 'beginning',
    handler: (event) => {
      told.push(event);
    },
  });
  const pass = async (durationMs: number) => {
    for (let at = 0; at < durationMs; at += second) {
      clock.advanceBy(second);
      await turns();
    }
  };
  return { clock, store, engine, other, log, told, subscription, pass };
}

/** Ten events are told and lost; then others get their positions. */
async function tenLost(world: Awaited<ReturnType<typeof given>>) {
  const { store, engine, other, pass, subscription } = world;
  await engine.execute(place('before'));
  await subscription.caughtUp();
  await pass(10 * second);
  store.copy();
  for (let index = 0; index < 10; index += 1) await engine.execute(place(`lost-${index}`));
  await pass(10 * second);
  await store.putBack();
  for (let index = 0; index < 20; index += 1) await other.execute(place(`new-${index}`));
  await pass(30 * second);
}

const leaseRequest = { subscription: 'mailer', partition: 0, startPosition: 0 };

/** The number of the history, as a lease tells it that nobody else asks for. */
async function leaseOf(store: OrderStore) {
  const request = { ...leaseRequest, subscription: 'probe', owner: 'probe', now: 0, durationMs: 1 };
  const lease = await store.subscriptions.acquire(request);
  if (lease === undefined) throw new Error('The lease is free.');
  return lease;
}

/** Compares nothing but epochs. */
const unchecked = (store: SetBackStore): OrderStore => ({
  ...store,
  feed: (partition, after, limit) => store.feed(partition, after, limit),
  subscriptions: {
    ...store.subscriptions,
    renew: (lease, ...rest) =>
      store.subscriptions.renew({ ...lease, revision: 0, seen: undefined }, ...rest),
    checkpoint: (lease, position) =>
      store.subscriptions.checkpoint({ ...lease, revision: 0, seen: undefined }, position),
  },
});

const ordersTold = (told: readonly OrderEvent[]) =>
  new Set(told.map(({ orderId }) => orderId).filter((orderId) => orderId.startsWith('new-')));

describe('a store that is set back under running engines', () => {
  it('tells every event that it has now, and the engine says what happened', async () => {
    const world = await given();
    await tenLost(world);
    expect(ordersTold(world.told).size).toBe(20);
    expect(world.engine.stats().historyChanges).toBe(1);
    expect(world.log.filter(({ level }) => level === 'error')).toMatchObject([
      { message: expect.stringMatching(/history of the store changed/) },
    ]);
    await world.subscription.caughtUp();
    const [checkpoint] = await world.store.subscriptions.checkpoints('mailer');
    expect(checkpoint?.position).toBeLessThanOrEqual(await world.store.feedEnd(0));
  });

  it('passes events over when nobody checks: the control', async () => {
    const world = await given(unchecked);
    await tenLost(world);
    expect(ordersTold(world.told).size).toBe(10);
    expect(world.engine.stats().historyChanges).toBe(0);
  });

  it('writes no cached order over what the store has now', async () => {
    const { store, engine, other } = await given();
    await engine.execute(place('order-1'));
    store.copy();
    await engine.execute(annotate('order-1', 'lost'));
    await store.putBack();
    await other.execute(annotate('order-1', 'kept'));
    await engine.execute({ type: 'order.annotate', orderId: 'order-1', metadata: { more: 1 } });
    const events = await all(other.history('order-1'));
    expect(events.map(({ version }) => version)).toEqual([1, 2, 3]);
    const order = await other.get('order-1');
    expect(order?.metadata).toEqual({ note: 'kept', more: 1 });
  });

  it.each([
    ['drops', given, false],
    ['would execute, when nobody checks,', () => given(unchecked), true],
  ])('%s the commands of a handler for an event that is lost', async (_, begin, isExecuted) => {
    const world = await begin();
    const { engine } = world;
    const hold = gate();
    const returned: string[] = [];
    await engine.subscribe({
      name: 'slow',
      from: 'beginning',
      handler: async ({ orderId }) => {
        if (!orderId.startsWith('lost-')) return undefined;
        await hold.opened;
        returned.push(orderId);
        return annotate('before', `because of ${orderId}`);
      },
    });
    await tenLost(world);
    hold.open();
    await world.pass(10 * second);
    expect(returned.length).toBeGreaterThan(0);
    const types = (await all(engine.history('before'))).map(({ type }) => type);
    expect(types.includes('order.annotated')).toBe(isExecuted);
  });

  it('is noticed by a lease that was written to, when all events are there', async () => {
    const { store, engine, told, subscription, pass } = await given();
    await engine.execute(place('order-1'));
    store.copy();
    await subscription.caughtUp();
    await pass(10 * second);
    await store.putBack();
    await pass(30 * second);
    expect(engine.stats().historyChanges).toBe(1);
    // Told once more, because the store does not know that it was.
    expect(told.map(({ orderId }) => orderId)).toEqual(['order-1', 'order-1']);
  });

  it('is noticed by whoever takes a lease again that it had lost', async () => {
    const { store, clock, engine, other, subscription, told, pass } = await given();
    const { history } = await leaseOf(store);
    await engine.execute(place('before'));
    await subscription.caughtUp();
    await pass(10 * second);
    store.copy();
    await engine.execute(place('lost'));
    await subscription.caughtUp();
    await store.putBack();
    // Somebody else had the lease meanwhile, so its holder is told no more than that it has lost it.
    clock.advanceBy(60 * second);
    const theirs = { ...leaseRequest, owner: 'others', now: clock.now(), durationMs: 1 };
    expect(await store.subscriptions.acquire(theirs)).toBeDefined();
    await other.execute(place('new'));
    await pass(60 * second);
    expect(engine.stats().historyChanges).toBe(1);
    expect(told.map(({ orderId }) => orderId)).toContain('new');
    expect((await leaseOf(store)).history).toBeGreaterThan(history);
  });

  it('is noticed by whoever is given a lease in another history than before', async () => {
    const { store, engine, pass } = await given();
    await pass(10 * second);
    // Nobody holds a lease of the other subscription: only the number of the new lease tells.
    await store.raiseHistory?.(1);
    await engine.subscribe({ name: 'second', from: 'now', handler: () => {} });
    expect(engine.stats().historyChanges).toBe(1);
    await pass(30 * second);
    expect(engine.stats().historyChanges).toBe(1);
  });

  it('is told by a store that notices it, to an engine that works on no partition', async () => {
    const clock = createMovableClock();
    const listeners = new Set<(error: OrderchartError) => void>();
    let storeIsAheadMs = 0;
    const { engine, log } = await testEngine({
      clock,
      store: {
        ...setBackStore(),
        now: async () => clock.now() + storeIsAheadMs,
        watchHistory: (onChanged) => {
          listeners.add(onChanged);
          return () => listeners.delete(onChanged);
        },
      },
    });
    storeIsAheadMs = 3600 * second;
    for (const tell of listeners) tell(new OrderchartError('historyChanged', 'Promoted.'));
    await turns();
    expect(engine.stats().historyChanges).toBe(1);
    expect(log.some(({ message }) => message.includes('history of the store'))).toBe(true);
    await engine.execute(place('order-1'));
    const [placed] = await all(engine.history('order-1'));
    expect(placed?.recordedAt).toBe(clock.now() + storeIsAheadMs);
    await engine.close();
    expect(listeners.size).toBe(0);
  });

  it('lets an engine close while it begins anew and the store is away', async () => {
    const { store, engine, log, pass } = await given((inner) => ({
      ...inner,
      raiseHistory: () => Promise.reject(new OrderchartError('storeUnavailable', 'Away.')),
    }));
    await engine.execute(place('order-1'));
    await pass(10 * second);
    store.copy();
    await engine.execute(place('lost'));
    await pass(10 * second);
    await store.putBack();
    await pass(10 * second);
    expect(engine.stats().historyChanges).toBe(1);
    expect(log.some(({ message }) => message.includes('retrying'))).toBe(true);
    await engine.close();
  });
});
