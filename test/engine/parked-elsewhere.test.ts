import {
  type OrderEvent,
  type OrderStore,
  PermanentHandlerError,
  type SubscriptionStore,
} from 'orderchart';
import { describe, expect, it } from 'vitest';
import { annotate, gate, place, sharedStore, testEngine, until } from './kit.ts';

const second = 1000;

/** A store whose calls of the parking are counted. */
function countingStore(store: OrderStore) {
  const calls = { parked: 0, parkedLanes: 0, unpark: 0, park: 0, renew: 0 };
  const { subscriptions } = store;
  const counted: SubscriptionStore = {
    ...subscriptions,
    parked: (...what) => {
      calls.parked += 1;
      return subscriptions.parked(...what);
    },
    parkedLanes: (query) => {
      calls.parkedLanes += 1;
      return subscriptions.parkedLanes(query);
    },
    renew: (...what) => {
      calls.renew += 1;
      return subscriptions.renew(...what);
    },
  };
  return { store: { ...store, subscriptions: counted }, calls };
}

/** Refuses the orders that are poison for good, and notes which attempts there were. */
function picky() {
  const told: string[] = [];
  const poison = new Set<string>();
  const handler = ({ orderId, version }: OrderEvent<string, object>): void => {
    told.push(`${orderId}/${version}`);
    if (poison.has(orderId)) throw new PermanentHandlerError(`${orderId} is poison`);
  };
  return { told, poison, options: { name: 'picky', from: 'beginning' as const, handler } };
}

describe('thousands of parked orders', () => {
  const count = 3000;

  async function parkMany() {
    const shared = sharedStore();
    const { told, poison, options } = picky();
    for (let index = 0; index < count; index += 1) poison.add(`order-${index}`);
    const { engine, clock } = await testEngine({ store: shared });
    await Promise.all([...poison].map((id) => engine.execute(place(id))));
    await engine.subscribe(options);
    await engine.idle();
    await engine.close();
    told.length = 0;
    return { shared, clock, told, poison, options };
  }

  it('are learned page by page when the subscription starts again, not one by one', async () => {
    const { shared, clock, told, options } = await parkMany();
    const { store, calls } = countingStore(shared);
    const { engine } = await testEngine({ store, clock });
    const subscription = await engine.subscribe(options);
    const { partitions } = store.features;
    expect(calls.parkedLanes).toBeLessThanOrEqual(count / 1000 + partitions);
    expect(calls.parked).toBe(0);
    const lanes = subscription.status().partitions.map(({ parkedLanes }) => parkedLanes);
    expect(lanes.reduce((sum, lane) => sum + lane)).toBe(count);
    expect(told).toEqual([]);
  });

  it('are tried again by one statement, and no more of them at once than handlers may run', async () => {
    const { shared, clock, told, poison, options } = await parkMany();
    poison.clear();
    const { store, calls } = countingStore(shared);
    const { engine } = await testEngine({ store, clock });
    const hold = gate();
    let running = 0;
    let most = 0;
    await engine.subscribe({
      ...options,
      concurrency: 4,
      handler: async (event) => {
        running += 1;
        most = Math.max(most, running);
        await hold.opened;
        running -= 1;
        options.handler(event);
      },
    });
    calls.parked = 0;
    expect(await engine.subscriptions.retry('picky')).toBe(count);
    // One slot is kept for what has not failed.
    await until(() => running === 3);
    expect(calls.parked).toBeLessThanOrEqual(4);
    hold.open();
    await engine.idle();
    expect(most).toBe(3);
    expect(new Set(told).size).toBe(count);
    expect(await engine.subscriptions.parked('picky')).toEqual([]);
  });

  it('do not keep a lease from being renewed while they are learned', async () => {
    const { shared, clock, options } = await parkMany();
    const { store, calls } = countingStore(shared);
    const { subscriptions } = store;
    const slow: SubscriptionStore = {
      ...subscriptions,
      // Every page takes a third of a lease.
      parkedLanes: (query) => {
        clock.advanceTo(clock.now() + 11 * second);
        return subscriptions.parkedLanes(query);
      },
    };
    const { engine } = await testEngine({ store: { ...store, subscriptions: slow }, clock });
    await engine.subscribe(options);
    expect(calls.renew).toBeGreaterThanOrEqual(count / 1000 / 4);
  });
});

describe('retry and skip of a subscription that runs in another process', () => {
  async function twoEngines() {
    const inner = sharedStore();
    // As SQLite and Postgres are: others may write to it, so it is looked at from time to time.
    const store = { ...inner, features: { ...inner.features, shared: true } };
    const { told, poison, options } = picky();
    poison.add('order-1');
    const { engine: runner, clock } = await testEngine({ store });
    const { engine: office } = await testEngine({ store, clock });
    await runner.subscribe(options);
    await runner.execute(place('order-1'));
    await runner.execute(annotate('order-1', 'x'));
    await runner.idle();
    expect(told).toEqual(['order-1/1']);
    told.length = 0;
    const looked = async (wanted: string) => {
      await until(() => {
        clock.advanceBy(second);
        return told.includes(wanted);
      });
      await runner.idle();
    };
    return { runner, office, told, poison, options, clock, looked, store };
  }

  it('have it tried again there', async () => {
    const { office, told, poison, looked } = await twoEngines();
    poison.clear();
    expect(await office.subscriptions.retry('picky', { orderId: 'order-1' })).toBe(1);
    await looked('order-1/2');
    expect(told).toEqual(['order-1/1', 'order-1/2']);
    expect(await office.subscriptions.parked('picky')).toEqual([]);
  });

  it('have what waited go on there', async () => {
    const { office, told, poison, looked } = await twoEngines();
    poison.clear();
    const [first] = await office.subscriptions.parked('picky');
    expect(await office.subscriptions.skip('picky', first?.event.id ?? '')).toBe(true);
    await looked('order-1/2');
    expect(told).toEqual(['order-1/2']);
  });

  it('are remembered when nobody runs it now', async () => {
    const { runner, office, told, poison, options, clock, store } = await twoEngines();
    await runner.close();
    expect(await office.subscriptions.retry('picky')).toBe(1);
    expect(told).toEqual([]);
    poison.clear();
    const { engine } = await testEngine({ store, clock });
    await engine.subscribe(options);
    await engine.idle();
    expect(told).toEqual(['order-1/1', 'order-1/2']);
  });

  it('tell a name that nobody has ever run', async () => {
    const { office } = await twoEngines();
    const unknown = { code: 'subscriptionUnknown', details: { name: 'pickier' } };
    await expect(office.subscriptions.retry('pickier')).rejects.toMatchObject(unknown);
    await expect(office.subscriptions.skip('pickier', 'event-1')).rejects.toMatchObject(unknown);
    await expect(office.subscriptions.rewind('pickier', 'now')).rejects.toMatchObject(unknown);
  });
});

describe('a second retry during the first', () => {
  it.each(['the same process', 'another process'])(
    'from %s has it tried once more',
    async (from) => {
      const store = sharedStore();
      const { engine, clock } = await testEngine({ store });
      const { engine: other } = await testEngine({ store, clock });
      const attempts: number[] = [];
      let isPoison = true;
      let hold = gate();
      hold.open();
      await engine.subscribe({
        name: 'picky',
        from: 'beginning',
        handler: async ({ version }) => {
          attempts.push(version);
          const wasPoison = isPoison;
          await hold.opened;
          if (wasPoison) throw new PermanentHandlerError('poison');
        },
      });
      await engine.execute(place('order-1'));
      await engine.execute(annotate('order-1', 'x'));
      await engine.idle();
      hold = gate();
      expect(await engine.subscriptions.retry('picky')).toBe(1);
      await until(() => attempts.length === 2);
      // The first one is under way, and will fail; whoever asks now has mended what was wrong.
      isPoison = false;
      const asking = from === 'another process' ? other : engine;
      expect(await asking.subscriptions.retry('picky')).toBe(1);
      hold.open();
      await until(() => attempts.length === 4);
      await engine.idle();
      expect(attempts).toEqual([1, 1, 1, 2]);
      expect(await engine.subscriptions.parked('picky')).toEqual([]);
    },
  );
});
