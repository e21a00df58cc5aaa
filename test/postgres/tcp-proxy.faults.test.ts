import { expect, it } from 'vitest';
import { newSchema, testPool, testUrl } from './server.ts';
import { type Cut, TcpProxy } from './tcp-proxy.ts';

async function given() {
  const schema = newSchema();
  const direct = testPool();
  await direct.query(`CREATE SCHEMA ${schema}`);
  await direct.query(`CREATE TABLE ${schema}.kept (id int)`);
  const proxy = await TcpProxy.create(testUrl());
  const pool = testPool({ connectionString: proxy.url, max: 3 });
  const insert = (id: number): Promise<unknown> =>
    pool.query({ name: 'insert', text: `INSERT INTO ${schema}.kept VALUES ($1)`, values: [id] });
  const kept = async (): Promise<number[]> => {
    const { rows } = await direct.query(`SELECT id FROM ${schema}.kept ORDER BY id`);
    return rows.map(({ id }) => id);
  };
  return { schema, direct, proxy, pool, insert, kept };
}

it('passes everything on when nothing is to be cut', async () => {
  const { proxy, insert, kept, pool } = await given();
  await Promise.all([1, 2, 3, 4, 5, 6].map(insert));
  expect((await pool.query('SELECT repeat($1, 100000) AS text', ['x'])).rows[0].text).toHaveLength(
    100_000,
  );
  expect(await kept()).toEqual([1, 2, 3, 4, 5, 6]);
  await proxy[Symbol.asyncDispose]();
});

it.each<[Cut, 'was run' | 'was not run']>([
  ['requestLost', 'was not run'],
  ['requestHalved', 'was not run'],
  ['answerLost', 'was run'],
  ['answerHalved', 'was run'],
])('with %s the statement %s, and its caller hears of a failure', async (cut, fate) => {
  const { proxy, insert, kept } = await given();
  await insert(1);
  // Prepared by now: what comes is a Bind that names the statement alone.
  proxy.choose = ({ sql }) => (sql.startsWith('INSERT') ? cut : undefined);
  await expect(insert(2)).rejects.toThrow();
  proxy.choose = () => undefined;
  await insert(3);
  await expect.poll(kept).toEqual(fate === 'was run' ? [1, 2, 3] : [1, 3]);
  expect(proxy.cuts.map((done) => done.cut)).toEqual([cut]);
  await proxy[Symbol.asyncDispose]();
});

it('with cutAtOnce the caller hears of a failure, whatever became of the statement', async () => {
  const { proxy, insert, kept } = await given();
  proxy.choose = ({ index }) => (index === 0 ? 'cutAtOnce' : undefined);
  await expect(insert(1)).rejects.toThrow();
  await insert(2);
  expect(await kept()).toContain(2);
  await proxy[Symbol.asyncDispose]();
});

it('with answerHeld the statement was run, and its caller waits', async () => {
  const { proxy, insert, kept } = await given();
  proxy.choose = ({ index }) => (index === 0 ? 'answerHeld' : undefined);
  const waiting = insert(1).catch(() => 'cut at last');
  await expect.poll(kept).toEqual([1]);
  expect(await Promise.race([waiting, insert(2).then(() => 'nothing')])).toBe('nothing');
  proxy.cutAll();
  expect(await waiting).toBe('cut at last');
  await proxy[Symbol.asyncDispose]();
});

it('that is paused passes nothing, and everything afterwards', async () => {
  const { proxy, insert, kept } = await given();
  await insert(1);
  proxy.pause();
  const waiting = insert(2);
  expect(await kept()).toEqual([1]);
  proxy.resume();
  await waiting;
  expect(await kept()).toEqual([1, 2]);
  await proxy[Symbol.asyncDispose]();
});
