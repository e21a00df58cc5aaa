import { setTimeout as delay } from 'node:timers/promises';
import { createOrderEngine, type OrderEngine } from 'orderchart';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPostgresStore } from '../../../src/store/postgres/index.ts';
import { commitOf } from '../../../src/testing/conformance/given.ts';
import { seededRandom } from '../../../src/testing/random.ts';
import { annotate, place } from '../../engine/kit.ts';
import { newSchema, testPool } from '../../postgres/server.ts';
import { engines, inHostTransaction, Notes } from './engines.ts';
import { inside, openStore, outcomesOf } from './kit.ts';

const seed = Number(process.env['ORDERCHART_SEED'] ?? Date.now() % 1_000_000);

interface FeedRow {
  readonly partition: number;
  readonly position: string;
}

it("an order and the host's own row come together or not at all", async () => {
  const { schema, start, hosts, rows } = engines();
  const engine = await start();
  await rows('CREATE TABLE @.invoices (order_id text PRIMARY KEY)');
  const notes = new Notes();
  const subscription = await engine.subscribe({
    name: 'all',
    from: 'beginning',
    handler: notes.note,
  });
  const invoice = async (orderId: string, end: 'COMMIT' | 'ROLLBACK') =>
    inHostTransaction(hosts, async (transaction) => {
      const placed = await engine.execute(place(orderId), { transaction, idempotencyKey: orderId });
      expect(placed).toMatchObject({ status: 'accepted', version: 1 });
      const changed = await engine.execute(annotate(orderId, 'x'), { transaction });
      expect(changed).toMatchObject({ status: 'accepted', version: 2 });
      await transaction.query(`INSERT INTO ${schema}.invoices VALUES ($1)`, [orderId]);
      expect(await engine.get(orderId)).toBeUndefined();
      return end;
    });
  await invoice('kept', 'COMMIT');
  await invoice('dropped', 'ROLLBACK');
  expect(await engine.get('kept')).toMatchObject({ version: 2 });
  expect(await engine.get('dropped')).toBeUndefined();
  expect(await rows('SELECT order_id FROM @.invoices')).toEqual([{ order_id: 'kept' }]);
  // The key went with the rest: it is free.
  const again = await engine.execute(place('dropped'), { idempotencyKey: 'dropped' });
  expect(again).toMatchObject({ status: 'accepted', replayed: false });
  await subscription.caughtUp();
  expect(Object.fromEntries(notes.versions)).toEqual({ kept: [1, 2], dropped: [1] });
});

describe('as many at once as a pool has connections', () => {
  // As the guide has it. Whoever needed one more of them would wait for it until others gave up.
  const max = 8;
  const ids = Array.from({ length: max }, (_, index) => `order-${index}`);
  /** However slow the machine is, nobody is given up who does not wait for another connection. */
  const patience = { answerTimeoutMs: 120_000, statementTimeoutMs: 600_000 };

  it('need no other one of a store that was just opened and has met no status yet', async () => {
    const schema = newSchema();
    const pool = testPool({ max });
    const store = await openStore({ pool, schema, ...patience });
    const clients = await Promise.all(ids.map(() => pool.connect()));
    onTestFinished(() => {
      for (const client of clients) client.release(true);
    });
    const all = await Promise.all(
      clients.map(async (client, index) => {
        await client.query('BEGIN');
        const within = inside(store, client);
        const commit = commitOf({ orderId: `order-${index}`, key: `key-${index}` });
        return { client, within, commit, outcomes: await outcomesOf(within, commit) };
      }),
    );
    // None has committed yet.
    for (const { within, commit, outcomes } of all) {
      expect(outcomes).toEqual(['committed']);
      expect(await within.load([commit])).toEqual([commit.record]);
      expect(await within.history(commit, 0, 9)).toEqual(commit.events);
      expect(await outcomesOf(within, commit)).toEqual(['duplicate']);
    }
    for (const { client } of all) await client.query('COMMIT');
  });

  it('all succeed in an engine that was just started, whose pool they share', async () => {
    const schema = newSchema();
    const pool = testPool({ max });
    const store = createPostgresStore({ pool, schema, ...patience });
    const engine = await createOrderEngine({ store });
    onTestFinished(() => engine.close());
    const { promise: full, resolve } = Promise.withResolvers<void>();
    let open = 0;
    const results = ids.map((orderId) =>
      inHostTransaction(pool, async (transaction) => {
        await engine.execute(place(orderId), { transaction });
        await engine.execute(annotate(orderId, 'x'), { transaction });
        open += 1;
        // One of the pool listens: the last transaction begins when another one has ended.
        if (open === max - 1) resolve();
        await full;
        return 'COMMIT';
      }).finally(resolve),
    );
    await Promise.all(results);
    for (const orderId of ids) expect(await engine.get(orderId)).toMatchObject({ version: 2 });
  });
});

it('a command from elsewhere waits for the transaction that has its order', async () => {
  const { start, hosts } = engines();
  const [one, other] = [await start(), await start()];
  await one.execute(place('order-1'));
  let waiting: Promise<unknown> | undefined;
  await inHostTransaction(hosts, async (transaction) => {
    await one.execute(annotate('order-1', 'in'), { transaction });
    waiting = other.execute(annotate('order-1', 'out'));
    await expect.poll(() => other.stats().lockWaits).toBeGreaterThan(0);
    // It has met the lock, and holds up nobody.
    expect(await other.execute(place('order-2'))).toMatchObject({ status: 'accepted' });
    return 'COMMIT';
  });
  expect(await waiting).toMatchObject({ status: 'accepted', version: 3 });
});

it(`transactions that commit late or roll back leave the feed without gaps, in order (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  const { start, hosts, rows } = engines();
  const all = [await start(), await start()];
  const notes = new Notes();
  const subscriptions = [];
  for (const engine of all) {
    subscriptions.push(
      await engine.subscribe({ name: 'all', from: 'beginning', handler: notes.note }),
    );
  }
  const versions = new Map<string, number>();
  /** One order's life: commands of its own, and in transactions that take their time. */
  const live = async (orderId: string, engine: OrderEngine) => {
    await engine.execute(place(orderId));
    versions.set(orderId, 1);
    for (let step = 0; step < 6; step += 1) {
      const [isWithin, isKept, lateMs] = [random() < 0.6, random() < 0.7, random() * 60];
      if (!isWithin) {
        await engine.execute(annotate(orderId, `${step}`));
        versions.set(orderId, (versions.get(orderId) ?? 0) + 1);
        continue;
      }
      await inHostTransaction(hosts, async (transaction) => {
        await engine.execute(annotate(orderId, `${step}a`), { transaction });
        await engine.execute(annotate(orderId, `${step}b`), { transaction });
        await delay(lateMs);
        return isKept ? 'COMMIT' : 'ROLLBACK';
      });
      if (isKept) versions.set(orderId, (versions.get(orderId) ?? 0) + 2);
    }
  };
  const ids = Array.from({ length: 24 }, (_, index) => `order-${index}`);
  await Promise.all(ids.map((id, index) => live(id, all[index % 2] as OrderEngine)));
  await Promise.all(subscriptions.map((subscription) => subscription.caughtUp()));
  for (const id of ids) expect(notes.lastOf(id), id).toBe(versions.get(id));
  expect(notes.faults).toEqual([]);
  const feed = await rows<FeedRow>('SELECT partition, position FROM @.feed ORDER BY 1, 2');
  const total = [...versions.values()].reduce((sum, version) => sum + version, 0);
  expect(feed).toHaveLength(total);
  for (const [, ofPartition] of Map.groupBy(feed, ({ partition }) => partition)) {
    expect(ofPartition.map(({ position }) => Number(position))).toEqual(
      ofPartition.map((_, index) => index + 1),
    );
  }
});
