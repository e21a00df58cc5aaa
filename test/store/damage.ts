import { createOrderEngine } from 'orderchart';
import { expect, it, onTestFinished } from 'vitest';
import { isOrderchartError } from '../../src/errors.ts';
import type { OrderStore, ParkedEvent } from '../../src/store/store.ts';
import { commitOf, firstOrder, loadOne, noon, write } from '../../src/testing/conformance/given.ts';

/** A store whose tables can be changed behind its back. */
export interface Damageable {
  readonly store: OrderStore;
  /** Another one on the same data, which remembers nothing of them. */
  another(): Promise<OrderStore>;
  /** Runs a statement; in it `@` stands before the name of a table. */
  damage(sql: string): Promise<unknown>;
}

const damaged = { ...firstOrder, orderId: 'damaged' };
const healthy = { ...firstOrder, orderId: 'healthy' };
const held = { lifecycle: 'held' };

/** An error that says that data are damaged, and whose. */
const isAbout = (words: string) => (error: unknown) =>
  isOrderchartError(error, 'storeCorrupt') && error.message.includes(words);

/** Two orders, of which the statement then damages one. */
async function givenDamage(given: () => Promise<Damageable>, sql: string): Promise<OrderStore> {
  const { store, another, damage } = await given();
  await write(store, commitOf({ ...damaged, status: held, key: 'key-1' }), commitOf(healthy));
  await damage(sql);
  return another();
}

/** What tests of every store that keeps rows say of rows that are damaged. */
export function describeDamage(given: () => Promise<Damageable>): void {
  it.each([
    'nonsense',
    '[]',
    'null',
    '[{"name":7}]',
    '{"dueAt":10}',
    '[{"name":"a.b.c","dueAt":11}]',
  ])('deadlines that read %s are due all the same, and hold up no other order', async (text) => {
    const { store, damage } = await given();
    const deadlines = [{ name: 'a.b.c', dueAt: 10 }];
    await write(store, commitOf({ ...damaged, deadlines }), commitOf({ ...healthy, deadlines }));
    await damage(`UPDATE @orders SET deadlines = '${text}' WHERE order_id = 'damaged'`);
    expect(await store.due(10, 10)).toEqual([
      { ...damaged, deadline: { name: '', dueAt: 10 } },
      { ...healthy, deadline: { name: 'a.b.c', dueAt: 10 } },
    ]);
  });

  describeOrders(given);
  describeEvents(given);
  describeAnswers(given);
  describeParked(given);
}

function describeOrders(given: () => Promise<Damageable>): void {
  const ofOrder = (change: string) => `UPDATE @orders SET ${change} WHERE order_id = 'damaged'`;
  const ofStatus = (change: string) => `UPDATE @statuses SET ${change} WHERE status LIKE '%held%'`;
  it.each([
    ofOrder("data = 'nonsense'"),
    ofOrder("data = '[]'"),
    ofOrder("data = 'null'"),
    ofOrder("deadlines = 'nonsense'"),
    ofOrder("deadlines = '{}'"),
    ofOrder('version = -1'),
    ofOrder('status_id = 7'),
    ofStatus("status = 'nonsense'"),
    ofStatus("status = '[]'"),
    ofStatus("status = 'null'"),
    "DELETE FROM @statuses WHERE status LIKE '%held%'",
  ])('an order is told to be damaged, and holds up no other: %s', async (sql) => {
    const store = await givenDamage(given, sql);
    await expect(loadOne(store, damaged)).rejects.toSatisfy(isAbout('order damaged'));
    const { tenantId } = firstOrder;
    const listing = store.list({ tenantId, limit: 9 });
    await expect(listing).rejects.toSatisfy(isAbout('order damaged'));
    const status = { lifecycle: 'placed' };
    const { records } = await store.list({ tenantId, status, limit: 9 });
    expect(records.map(({ orderId }) => orderId)).toEqual(['healthy']);
    expect(await loadOne(store, healthy)).toEqual(commitOf(healthy).record);
    await write(store, commitOf({ ...healthy, expectedVersion: 1 }));
    expect(await store.history(healthy, 0, 9)).toHaveLength(2);
  });
}

function describeEvents(given: () => Promise<Damageable>): void {
  it.each([
    "data = 'nonsense'",
    "data = 'null'",
    "origin = 'nonsense'",
    "origin = '{}'",
    'status_id = 7',
  ])('an event is told to be damaged, and holds up no other partition: %s', async (change) => {
    const ofIt = `id = 'tenant-1/damaged/1'`;
    const store = await givenDamage(given, `UPDATE @events SET ${change} WHERE ${ofIt}`);
    const isIt = isAbout('order damaged, event 1');
    await expect(store.history(damaged, 0, 9)).rejects.toSatisfy(isIt);
    expect(await store.history(healthy, 0, 9)).toEqual(commitOf(healthy).events);
    const { partitions } = store.features;
    // All of them at once, as the engine asks.
    const pages = await Promise.allSettled(
      Array.from({ length: partitions }, (_, partition) => store.feed(partition, 0, 9)),
    );
    const failures = pages.flatMap((page) => (page.status === 'rejected' ? [page.reason] : []));
    expect(failures).toHaveLength(1);
    expect(failures[0]).toSatisfy(isIt);
    const read = pages.flatMap((page) => (page.status === 'fulfilled' ? page.value : []));
    const others = partitions === 1 ? [] : ['healthy'];
    expect(read.map(({ event }) => event.orderId)).toEqual(others);
  });
}

function describeAnswers(given: () => Promise<Damageable>): void {
  it.each(['nonsense', 'null', '[]'])('an answer that reads %s holds up no other', async (text) => {
    const store = await givenDamage(given, `UPDATE @commands SET outcome = '${text}'`);
    const commit = commitOf({ ...damaged, key: 'key-1' });
    const record = { ...commit.command, outcome: {} };
    const identity = { tenantId: 'tenant-1', scope: 'requests', key: 'key-1' };
    expect(await store.findCommands([identity])).toEqual([record]);
    expect(await store.commit([commit, commitOf({ orderId: 'next' })])).toEqual([
      { status: 'duplicate', record },
      { status: 'committed' },
    ]);
  });

  it('of an answer that cannot be read the engine says so', async () => {
    const { store, damage } = await given();
    const engine = await createOrderEngine({ store, timers: false });
    onTestFinished(() => engine.close());
    const lines = [{ id: 'line-1', quantity: 1, unitPrice: 1000 }];
    const place = (orderId: string) =>
      engine.execute(
        { type: 'order.place', orderId, currency: 'EUR', lines },
        { idempotencyKey: `place ${orderId}` },
      );
    await place('damaged');
    await damage("UPDATE @commands SET outcome = 'nonsense'");
    const [again, other] = await Promise.allSettled([place('damaged'), place('healthy')]);
    expect(again.status === 'rejected' && again.reason).toSatisfy(isAbout('order damaged'));
    expect(other).toMatchObject({ value: { status: 'accepted' } });
  });
}

function describeParked(given: () => Promise<Damageable>): void {
  it.each(["event = 'nonsense'", "event = 'null'", "error = 'nonsense'"])(
    'a parked event is told to be damaged, holds up no other order, and can be skipped: %s',
    async (change) => {
      const { store, another, damage } = await given();
      const commits = [commitOf(damaged), commitOf(healthy)];
      await write(store, ...commits);
      const request = { subscription: 'mailer', partition: 0, owner: 'me', now: noon };
      const lease = await store.subscriptions.acquire({
        ...request,
        ...{ durationMs: 1_000, startPosition: 0 },
      });
      expect.assert(lease !== undefined);
      const parked = commits
        .flatMap(({ events }) => events)
        .map(
          (event): ParkedEvent => ({
            ...{ subscription: 'mailer', partition: 0, position: 1, event, error: 'no' },
            ...{ attempts: 1, retryAt: null, requeues: 0, parkedAt: noon },
          }),
        );
      await store.subscriptions.park(lease, parked);
      await damage(`UPDATE @parked SET ${change} WHERE order_id = 'damaged'`);
      const { subscriptions } = await another();
      const id = 'tenant-1/damaged/1';
      const isIt = isAbout(`parked event ${id}`);
      await expect(subscriptions.parked('mailer', 9)).rejects.toSatisfy(isIt);
      await expect(subscriptions.parked('mailer', 9, damaged)).rejects.toSatisfy(isIt);
      expect(await subscriptions.parked('mailer', 9, healthy)).toEqual([parked[1]]);
      expect(await subscriptions.skip('mailer', id)).toBe(true);
      expect(await subscriptions.parked('mailer', 9)).toEqual([parked[1]]);
    },
  );
}
