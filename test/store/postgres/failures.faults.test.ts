import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { toStoreError, toWriteError } from '../../../src/store/postgres/failure.ts';
import { createPostgresStore } from '../../../src/store/postgres/index.ts';
import {
  commitOf,
  loadOne,
  upTo,
  wholeFeed,
  write,
} from '../../../src/testing/conformance/given.ts';
import { testPool, testUrl } from '../../postgres/server.ts';
import { type Cut, TcpProxy } from '../../postgres/tcp-proxy.ts';
import {
  errorOf,
  given,
  hostTransaction,
  newCluster,
  newRole,
  openStore,
  outcomesOf,
} from './kit.ts';

describe('the options of the Postgres store', () => {
  const pool = { connect: () => Promise.reject(new Error('never called')) };

  it.each([
    { pool: undefined },
    { pool: {} },
    { pool, schema: 'No' },
    { pool, migrate: 'yes' },
    { pool, statementTimeoutMs: 0 },
    { pool, lockTimeoutMs: 1.5 },
    { pool, lockTimeoutMs: 2 ** 31 },
    { pool, time: 'mine' },
    { pool, preparedStatements: 1 },
  ])('are refused when they cannot work: %j', (options) => {
    expect(() => createPostgresStore(options as never)).toThrow(
      expect.objectContaining({ code: 'invalidArgument' }),
    );
  });
});

describe('a server that does not let the store in', () => {
  it('is told without the password', async () => {
    const cluster = await newCluster();
    const admin = testPool({ connectionString: cluster.url });
    await admin.query(`CREATE ROLE clerk LOGIN PASSWORD 'the right one'`);
    const { rows } = await admin.query('SHOW hba_file');
    // The server writes its own file of rules, on whatever machine this is.
    await admin.query(`COPY (SELECT 'host all all 127.0.0.1/32 scram-sha-256')
      TO '${rows[0].hba_file}'`);
    await admin.query('SELECT pg_reload_conf()');
    const url = new URL(cluster.url);
    url.username = 'clerk';
    url.password = 'the-wrong-one';
    const opening = openStore({ pool: testPool({ connectionString: url.href }) });
    const error: unknown = await opening.catch((thrown: unknown) => thrown);
    expect(error).toSatisfy(errorOf('storeUnavailable', /refuses this user or database/));
    expect(error).toMatchObject({ retryable: true, details: { sqlState: '28P01' } });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('the-wrong-one');
  });

  it.each([
    ['an address where nobody listens', 'postgres://postgres@127.0.0.1:1/postgres'],
    ['a database that does not exist', `${testUrl()}_none`],
  ])('%s', async (_, connectionString) => {
    const opening = openStore({ pool: testPool({ connectionString }) });
    await expect(opening).rejects.toSatisfy(
      errorOf('storeUnavailable', /cannot be reached|refuses this user or database/),
    );
  });

  it('a server that admits only reading', async () => {
    const { schema } = await given();
    const config = { options: '-c default_transaction_read_only=on' };
    const store = await openStore({ pool: testPool(config), schema, migrate: false });
    expect(await loadOne(store)).toBeUndefined();
    await expect(store.commit([commitOf()])).rejects.toSatisfy(
      errorOf('storeUnavailable', /standby, or read-only/),
    );
  });

  it('a role that lacks a right', async () => {
    const { schema, rows } = await given();
    const role = await newRole(schema);
    await rows(`GRANT USAGE ON SCHEMA @ TO ${role};
      GRANT SELECT ON ALL TABLES IN SCHEMA @ TO ${role}`);
    const pool = testPool({ options: `-c role=${role}` });
    const store = await openStore({ pool, schema, migrate: false });
    await expect(store.commit([commitOf()])).rejects.toSatisfy(
      errorOf('storeUnavailable', /refuses this user .* Check the address and the rights/),
    );
  });
});

describe('a server that takes too long', () => {
  /** Nobody can as much as read the orders while this is open. */
  async function lockedOrders(schema: string) {
    const holder = await hostTransaction();
    await holder.query(`LOCK TABLE ${schema}.orders`);
    return holder;
  }

  it('is stopped by the time limit of a statement; nothing was written', async () => {
    const { schema, store: patient } = await given();
    const pool = testPool({ max: 1 });
    const limits = { statementTimeoutMs: 44_000, lockTimeoutMs: 60_000 };
    const store = await openStore({ pool, schema, ...limits });
    const { rows } = await pool.query('SHOW statement_timeout');
    expect(rows).toEqual([{ statement_timeout: '44s' }]);
    const holder = await lockedOrders(schema);
    // Short only now: whatever has to succeed may take as long as the machine needs for it.
    await pool.query('SET statement_timeout = 50');
    const isTooLong = errorOf('storeUnavailable', /longer than statementTimeoutMs/);
    await expect(loadOne(store)).rejects.toSatisfy(isTooLong);
    await expect(store.commit([commitOf()])).rejects.toSatisfy(isTooLong);
    await holder.query('COMMIT');
    await write(patient, commitOf());
  });

  it('is stopped by the time limit for a lock', async () => {
    const { store, schema } = await given({ lockTimeoutMs: 50 });
    const holder = await lockedOrders(schema);
    await expect(loadOne(store)).rejects.toSatisfy(
      errorOf('storeUnavailable', /longer than lockTimeoutMs/),
    );
    expect(await outcomesOf(store, commitOf(), commitOf({ orderId: 'b' }))).toEqual([
      ...['locked', 'locked'],
    ]);
    await holder.query('COMMIT');
    await write(store, commitOf());
  });

  it('or a network that swallows the answer: what it means depends on what was asked', async () => {
    const { schema, store: direct } = await given();
    await using proxy = await TcpProxy.create(testUrl());
    const pool = testPool({ connectionString: proxy.url, max: 3 });
    const store = await openStore({ pool, schema, answerTimeoutMs: 60_000 });
    await write(store, commitOf());
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    proxy.choose = ({ sql }) => (/commit_batch|stored\.\*/.test(sql) ? 'answerHeld' : undefined);
    const calls = Promise.allSettled([
      loadOne(store),
      store.commit([commitOf({ expectedVersion: 1 })]),
    ]);
    await expect.poll(() => proxy.cuts.length).toBe(2);
    const isCommitted = async () => (await loadOne(direct))?.version;
    await expect.poll(isCommitted).toBe(2);
    vi.advanceTimersByTime(60_000);
    expect(await calls).toMatchObject([
      { reason: { code: 'storeUnavailable' } },
      { reason: { code: 'outcomeUnknown' } },
    ]);
    vi.useRealTimers();
    proxy.choose = () => undefined;
    // Neither connection is used again, and the commit is made: the server may be at it still.
    await expect.poll(async () => (await loadOne(store))?.version).toBe(2);
    expect(pool.totalCount).toBeLessThanOrEqual(1);
  });

  it('or a pool that has no connection left', async () => {
    const { schema } = await given();
    const pool = testPool({ max: 1 });
    const store = await openStore({ pool, schema, answerTimeoutMs: 60_000 });
    const hoarder = await pool.connect();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const waiting = store.commit([commitOf()]).catch((error: unknown) => error);
    await setImmediate();
    vi.advanceTimersByTime(60_000);
    expect(await waiting).toSatisfy(errorOf('storeUnavailable', /the pool is exhausted/));
    hoarder.release();
    // The connection that came too late went back to the pool.
    await write(store, commitOf());
  });

  it('or a pool that gives up by itself', async () => {
    const { schema } = await given();
    const pool = testPool({ max: 1 });
    const store = await openStore({ pool, schema });
    const hoarder = await pool.connect();
    // Now that there is a connection: to make one may take longer.
    Object.assign(pool.options, { connectionTimeoutMillis: 20 });
    await expect(loadOne(store)).rejects.toSatisfy(errorOf('storeUnavailable', /./));
    Object.assign(pool.options, { connectionTimeoutMillis: 0 });
    hoarder.release();
    expect(await loadOne(store)).toBeUndefined();
  });
});

describe('a connection that is cut', () => {
  async function givenProxy() {
    const { schema, store: direct } = await given();
    const proxy = await TcpProxy.create(testUrl());
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const pool = testPool({ connectionString: proxy.url, max: 4 });
    const store = await openStore({ pool, schema });
    await write(store, commitOf());
    return { proxy, pool, store, direct };
  }

  it.each<[Cut, number]>([
    ['requestLost', 1],
    ['requestHalved', 1],
    ['answerLost', 2],
    ['answerHalved', 2],
  ])(
    'around a commit (%s) makes it an unknown outcome, which the key resolves',
    async (cut, at) => {
      const { proxy, store, direct } = await givenProxy();
      proxy.choose = ({ sql }) => (sql.includes('commit_batch') ? cut : undefined);
      const commit = commitOf({ expectedVersion: 1, key: 'key-1' });
      await expect(store.commit([commit])).rejects.toSatisfy(errorOf('outcomeUnknown', /Repeat/));
      proxy.choose = () => undefined;
      expect((await loadOne(direct))?.version).toBe(at);
      expect(await outcomesOf(store, commit)).toEqual([at === 1 ? 'committed' : 'duplicate']);
      expect(await wholeFeed(store)).toHaveLength(2);
    },
  );

  it('while it reads says that nothing was written, and the next call goes through', async () => {
    const { proxy, store } = await givenProxy();
    proxy.choose = () => 'answerLost';
    await expect(loadOne(store)).rejects.toSatisfy(errorOf('storeUnavailable', /connection broke/));
    await expect(wholeFeed(store)).rejects.toSatisfy(errorOf('storeUnavailable', /./));
    proxy.choose = () => undefined;
    expect((await loadOne(store))?.version).toBe(1);
  });

  it('while it is idle, or many at once, is replaced without anybody noticing', async () => {
    const { proxy, store, pool } = await givenProxy();
    await Promise.all(upTo(4).map(() => loadOne(store)));
    proxy.cutAll();
    await expect.poll(() => pool.totalCount).toBe(0);
    await write(store, commitOf({ expectedVersion: 1 }));
  });

  it('by a server that restarts: the store lives on', async () => {
    const cluster = await newCluster();
    const pool = testPool({ connectionString: cluster.url, max: 4 });
    const store = await openStore({ pool });
    await write(store, commitOf());
    await cluster.restart('immediate');
    const after = async (): Promise<unknown> => (await loadOne(store).catch(() => null))?.version;
    await expect.poll(after).toBe(1);
    await write(store, commitOf({ expectedVersion: 1 }));
  });
});

describe('what PostgreSQL reports', () => {
  it.each([
    ['28P01', 'storeUnavailable', 'storeUnavailable'],
    ['3D000', 'storeUnavailable', 'storeUnavailable'],
    ['42501', 'storeUnavailable', 'storeUnavailable'],
    ['42P01', 'storeUnavailable', 'storeUnavailable'],
    ['53300', 'storeUnavailable', 'storeUnavailable'],
    ['53100', 'storeUnavailable', 'storeUnavailable'],
    ['57014', 'storeUnavailable', 'storeUnavailable'],
    ['55P03', 'storeUnavailable', 'storeUnavailable'],
    ['40001', 'storeUnavailable', 'storeUnavailable'],
    ['40P01', 'storeUnavailable', 'storeUnavailable'],
    ['25006', 'storeUnavailable', 'storeUnavailable'],
    ['25P02', 'storeUnavailable', 'storeUnavailable'],
    ['58030', 'storeUnavailable', 'storeUnavailable'],
    ['XX001', 'storeCorrupt', 'storeCorrupt'],
    ['42601', 'storeDefect', 'storeDefect'],
    // A server that stops may say so after it has committed.
    ['57P01', 'storeUnavailable', 'outcomeUnknown'],
    ['57P03', 'storeUnavailable', 'outcomeUnknown'],
    ['08006', 'storeUnavailable', 'outcomeUnknown'],
    ['ECONNRESET', 'storeUnavailable', 'outcomeUnknown'],
    [undefined, 'storeUnavailable', 'outcomeUnknown'],
  ])('as %s is %s when it was read, and %s when it was written', (code, read, written) => {
    const cause = Object.assign(new Error('with secrets'), { code });
    for (const [error, expected] of [
      [toStoreError(cause), read],
      [toWriteError(cause), written],
    ] as const) {
      expect(error).toMatchObject({ code: expected, cause });
      expect(error.message + JSON.stringify(error.details)).not.toContain('secrets');
    }
  });
});
