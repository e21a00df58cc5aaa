import { setTimeout as delay } from 'node:timers/promises';
import type { OrderEngine, OrderEvent, ProjectionContext } from 'orderchart';
import type { PoolClient } from 'pg';
import { expect, it } from 'vitest';
import { seededRandom } from '../../../src/testing/random.ts';
import { annotate, place } from '../../engine/kit.ts';
import { engines, partitionsOf } from './engines.ts';
import { given, hostTransaction } from './kit.ts';

const seed = Number(process.env['ORDERCHART_SEED'] ?? Date.now() % 1_000_000);

interface Counted {
  readonly order_id: string;
  readonly versions: readonly number[];
}

/** Adds each event to a row of its order; twice is seen, and so is never. */
const addTo =
  (table: string) =>
  async (
    { orderId, version }: OrderEvent<string, object>,
    { transaction }: ProjectionContext<PoolClient>,
  ): Promise<void> => {
    await transaction.query(
      `INSERT INTO ${table} AS seen VALUES ($1, ARRAY[$2::integer]) ON CONFLICT (order_id)
       DO UPDATE SET versions = seen.versions || excluded.versions`,
      [orderId, version],
    );
  };

async function writeMany(all: readonly OrderEngine[], count: number, changes: number) {
  const ids = Array.from({ length: count }, (_, index) => `order-${index}`);
  await Promise.all(
    ids.map(async (id, index) => {
      const engine = all[index % all.length] as OrderEngine;
      await engine.execute(place(id));
      for (let step = 0; step < changes; step += 1) await engine.execute(annotate(id, `${step}`));
    }),
  );
  return ids;
}

it(`a projection has every event once, though connections are cut and its handler fails (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  const { schema, start, rows } = engines();
  const table = `${schema}.seen`;
  const all = [await start(), await start()];
  await rows('CREATE TABLE @.seen (order_id text PRIMARY KEY, versions integer[])');
  const add = addTo(table);
  const projections = [];
  for (const engine of all) {
    projections.push(
      await engine.project({
        name: 'seen',
        retry: { initialDelayMs: 10, maximumDelayMs: 100 },
        batchSize: 16,
        handler: async (event, context: ProjectionContext<PoolClient>) => {
          await add(event, context);
          if (random() < 0.02) throw new Error('not now');
        },
      }),
    );
  }
  let isWriting = true;
  const cutting = (async () => {
    while (isWriting) {
      await delay(50);
      await rows(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE query LIKE '%${table}%' AND pid <> pg_backend_pid() LIMIT 1`,
      );
    }
  })();
  const ids = await writeMany(all, 60, 4).finally(() => {
    isWriting = false;
  });
  await cutting;
  const seen = async () => {
    const found = await rows<Counted>('SELECT * FROM @.seen ORDER BY order_id');
    return Object.fromEntries(found.map(({ order_id, versions }) => [order_id, versions]));
  };
  const expected = Object.fromEntries(ids.map((id) => [id, [1, 2, 3, 4, 5]]));
  await expect.poll(seen).toEqual(expected);
  // And stays so: nothing comes again.
  await Promise.all(projections.map((projection) => projection.caughtUp()));
  expect(await seen()).toEqual(expected);
});

it('a projection is handed over while it is written to, and has every event once', async () => {
  const { schema, start, rows } = engines();
  const first = await start();
  await rows('CREATE TABLE @.seen (order_id text PRIMARY KEY, versions integer[])');
  const handler = addTo(`${schema}.seen`);
  const old = await first.project({ name: 'seen', handler });
  const writing = writeMany([first], 60, 6);
  const second = await start();
  const next = await second.project({ name: 'seen', handler });
  await expect.poll(() => partitionsOf(next).length).toBe(8);
  await old.close();
  const ids = await writing;
  await expect.poll(() => partitionsOf(next).length).toBe(16);
  await next.caughtUp();
  const found = await rows<Counted>('SELECT * FROM @.seen');
  expect(found).toHaveLength(ids.length);
  for (const { versions } of found) expect(versions).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

it('leases that are free are had at once, past one whose row a transaction has', async () => {
  const { store, schema } = await given();
  const request = { subscription: 'all', startPosition: 0, durationMs: 10 };
  const acquire = (partition: number, now: number) =>
    store.subscriptions.acquire({ ...request, partition, owner: `at ${now}`, now });
  expect(await acquire(0, 1)).toMatchObject({ epoch: 1 });
  const host = await hostTransaction();
  await host.query(`SELECT FROM ${schema}.leases WHERE partition = 0 FOR UPDATE`);
  // All have ended, and one statement asks for all of them.
  const taken = await Promise.all([0, 1, 2].map((partition) => acquire(partition, 20)));
  expect(taken.map((lease) => lease?.epoch)).toEqual([undefined, 1, 1]);
  await host.query('ROLLBACK');
  expect(await acquire(0, 21)).toMatchObject({ epoch: 2 });
});
