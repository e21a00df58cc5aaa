import type { OrderEvent, ProjectionContext } from 'orderchart';
import { createPostgresStore } from 'orderchart/postgres';
import type { PoolClient } from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { testEngine } from '../engine/kit.ts';
import { names, passUntil, placeAll } from '../engine/starvation.ts';
import { patience } from '../postgres/patience.ts';
import { newSchema, testPool } from '../postgres/server.ts';

it.each([10, 1000, 10_000])(
  '%d orders that a projection cannot write for now hold up no other, and are written when it can',
  async (count) => {
    const schema = newSchema();
    const pool = testPool({ max: 12 });
    const store = createPostgresStore({ pool, schema, time: 'engine', ...patience });
    await store.open();
    onTestFinished(() => store.close());
    const { engine, clock } = await testEngine({ store });
    // The database refuses them, as a table does that lacks a column or has a check.
    await pool.query(
      `CREATE TABLE ${schema}.seen (order_id text, CONSTRAINT fits CHECK (order_id NOT LIKE 'bad-%'))`,
    );
    const [bad, good] = [names('bad', count), names('good', 50)];
    await placeAll(engine, bad);
    await placeAll(engine, good);
    await engine.project({
      name: 'seen',
      concurrency: 8,
      handler: (
        { orderId }: OrderEvent<string, object>,
        { transaction }: ProjectionContext<PoolClient>,
      ) => transaction.query(`INSERT INTO ${schema}.seen VALUES ($1)`, [orderId]).then(() => {}),
    });
    const seen = async (): Promise<readonly string[]> =>
      (await pool.query(`SELECT order_id FROM ${schema}.seen ORDER BY 1`)).rows.map(
        ({ order_id }) => order_id,
      );
    const handled = () => engine.stats().eventsHandled;
    const passedMs = await passUntil({ engine, clock }, () => handled() >= good.length);
    expect(await seen()).toEqual(good.toSorted());
    expect(passedMs).toBeLessThan(600_000);
    await pool.query(`ALTER TABLE ${schema}.seen DROP CONSTRAINT fits`);
    await passUntil({ engine, clock }, () => handled() >= good.length + count);
    expect(await seen()).toEqual([...bad, ...good].toSorted());
    expect(await engine.subscriptions.parked('seen')).toEqual([]);
  },
);
