import { createOrderEngine, type OrderEngine } from 'orderchart';
import { createPostgresStore } from 'orderchart/postgres';
import { expect, it, onTestFinished } from 'vitest';
import { all, annotate, place } from '../engine/kit.ts';
import { newSchema, testPool, testUrl } from '../postgres/server.ts';
import { TcpProxy } from '../postgres/tcp-proxy.ts';

// Promise 6 where no connection breaks: the answer does not come, and nobody says why.

const poolSize = 4;

async function given() {
  const schema = newSchema();
  const proxy = await TcpProxy.create(testUrl());
  const pool = testPool({ connectionString: proxy.url, max: poolSize });
  const store = createPostgresStore({ pool, schema, statementTimeoutMs: 200 });
  const engine = await createOrderEngine({ store, timers: false });
  onTestFinished(async () => {
    await engine.close();
    await proxy[Symbol.asyncDispose]();
  });
  await engine.execute(place('order-1'));
  return { proxy, pool, engine };
}

const noteOnce = (engine: OrderEngine) =>
  engine.execute(annotate('order-1', 'one'), { idempotencyKey: 'note' });

async function typesOf(engine: OrderEngine): Promise<readonly string[]> {
  return (await all(engine.history('order-1'))).map(({ type }) => type);
}

it('an answer that does not come leaves the outcome unknown in time, and the same key resolves it', async () => {
  const { engine, proxy, pool } = await given();
  proxy.choose = ({ sql }) => (sql.includes('commit_batch') ? 'answerHeld' : undefined);
  await expect(noteOnce(engine)).rejects.toMatchObject({ code: 'outcomeUnknown' });
  proxy.choose = () => undefined;
  expect(await noteOnce(engine)).toMatchObject({ version: 2, replayed: true });
  expect(await typesOf(engine)).toEqual(['order.placed', 'order.annotated']);
  expect(pool.totalCount).toBeLessThanOrEqual(poolSize);
});

it('a network that is gone fails every call in time, and all is well when it is back', async () => {
  const { engine, proxy, pool } = await given();
  proxy.pause();
  // What it was told depends on how far it came: to a connection, or to the commit.
  await expect(noteOnce(engine)).rejects.toMatchObject({ retryable: true });
  await expect(engine.get('order-1')).rejects.toMatchObject({ code: 'storeUnavailable' });
  proxy.resume();
  expect(await noteOnce(engine)).toMatchObject({ status: 'accepted', version: 2 });
  expect(await typesOf(engine)).toEqual(['order.placed', 'order.annotated']);
  expect(pool.totalCount).toBeLessThanOrEqual(poolSize);
});
