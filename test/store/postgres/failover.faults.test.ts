import type { Pool } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createPostgresStore,
  type PostgresStoreOptions,
} from '../../../src/store/postgres/index.ts';
import type { OrderStore } from '../../../src/store/store.ts';
import { commitOf, loadOne, noon, upTo, write } from '../../../src/testing/conformance/given.ts';
import { eventually } from '../../eventually.ts';
import { patience } from '../../postgres/patience.ts';
import { ReplicatedPair } from '../../postgres/replicated-pair.ts';
import { testPool } from '../../postgres/server.ts';
import { errorOf, newCluster, openStore, outcomesOf } from './kit.ts';

// What a store does with its connections when the server behind them is another one, or none.

async function givenPair(replication: 'synchronous' | 'asynchronous'): Promise<ReplicatedPair> {
  const pair = await ReplicatedPair.create({ replication });
  onTestFinished(() => pair[Symbol.asyncDispose]());
  return pair;
}

/** Opened by the address, with as many idle connections as its pool may have. */
async function warmStore(url: string, options: Partial<PostgresStoreOptions> = {}) {
  const pool = testPool({ connectionString: url, max: 8, connectionTimeoutMillis: 5_000 });
  const store = await openStore({ pool, ...options });
  await write(store, commitOf());
  await warm(pool, store);
  return { pool, store };
}

async function warm(pool: Pool, store: OrderStore): Promise<void> {
  const clients = await Promise.all(upTo(8).map(() => pool.connect()));
  for (const client of clients) client.release();
  await Promise.all(upTo(8).map(() => loadOne(store)));
}

/** Commits to an order of its own until it is done; tells how often that failed before. */
async function failuresUntilCommitted(store: OrderStore, orderId: string): Promise<number> {
  for (let failures = 0; ; failures += 1) {
    const [outcome] = await outcomesOf(store, commitOf({ orderId, key: orderId })).catch(() => [
      '',
    ]);
    if (outcome !== '') return failures;
  }
}

describe('a standby', () => {
  it('is refused as soon as it is connected to, and taken when it is promoted', async () => {
    const pair = await givenPair('asynchronous');
    const { store } = await warmStore(pair.url);
    await pair.untilFollowing();
    pair.moveAddress();
    pair.address.cutAll();
    const isStandby = errorOf('storeUnavailable', /it is a standby/);
    await eventually('the cut is noticed', async () =>
      isStandby(await loadOne(store).catch((error: unknown) => error)),
    );
    await expect(store.commit([commitOf({ orderId: 'b' })])).rejects.toSatisfy(isStandby);
    await pair.promote();
    await write(store, commitOf({ orderId: 'c' }));
  });

  it('that idle connections lead to costs one failure for each of them, at most', async () => {
    const pair = await givenPair('asynchronous');
    const { store, pool } = await warmStore(pair.url);
    await pair.untilFollowing();
    pair.moveAddress();
    pair.address.cutAll();
    await eventually('the cut is noticed', () => Promise.resolve(pool.totalCount === 0));
    // Made by the host while the address was wrong.
    const clients = await Promise.all(upTo(8).map(() => pool.connect()));
    for (const client of clients) client.release();
    pair.address.moveTo(pair.primary.url);
    expect(await failuresUntilCommitted(store, 'b')).toBeLessThanOrEqual(8);
    for (const n of upTo(20)) expect(await failuresUntilCommitted(store, `order-${n}`)).toBe(0);
  });

  it('that a server turned into costs one failure, and no connection is used again', async () => {
    const cluster = await newCluster();
    const { store, pool } = await warmStore(cluster.url);
    const admin = testPool({ connectionString: cluster.url, max: 1 });
    const made = new Set<unknown>();
    pool.on('connect', (client) => made.add(client));
    await admin.query('ALTER SYSTEM SET default_transaction_read_only = on');
    await admin.query('SELECT pg_reload_conf()');
    const isReadOnly = errorOf('storeUnavailable', /standby, or read-only/);
    await eventually('the server takes no writes', async () => {
      const commit = commitOf({ orderId: `${Math.random()}` });
      return isReadOnly(await store.commit([commit]).catch((error: unknown) => error));
    });
    expect(made.size).toBe(0);
    await Promise.all(upTo(8).map(() => loadOne(store)));
    expect(made.size).toBeGreaterThan(0);
  });
});

describe('a primary that was replaced', () => {
  it('is refused when the address leads to it once more', async () => {
    const pair = await givenPair('asynchronous');
    const { store } = await warmStore(pair.url);
    await pair.untilFollowing();
    await pair.primary.stop('kill');
    await pair.promote();
    pair.moveAddress();
    pair.address.cutAll();
    await failuresUntilCommitted(store, 'b');
    await pair.primary.start();
    pair.address.moveTo(pair.primary.url);
    pair.address.cutAll();
    const isReplaced = errorOf(
      'storeUnavailable',
      /a primary that was replaced: it is on timeline 1/,
    );
    await eventually('the cut is noticed', async () =>
      isReplaced(await loadOne(store).catch((error: unknown) => error)),
    );
    pair.moveAddress();
    expect(await failuresUntilCommitted(store, 'c')).toBe(0);
  });

  it('is not known where the functions that tell are forbidden, and all else works', async () => {
    const cluster = await newCluster();
    const admin = testPool({ connectionString: cluster.url });
    await admin.query('CREATE ROLE clerk LOGIN; GRANT CREATE ON DATABASE postgres TO clerk');
    await admin.query(
      'REVOKE EXECUTE ON FUNCTION pg_control_system, pg_current_wal_lsn FROM PUBLIC',
    );
    const url = new URL(cluster.url);
    url.username = 'clerk';
    const { store } = await warmStore(url.href);
    expect((await loadOne(store))?.version).toBe(1);
  });
});

describe('a standby that was promoted', () => {
  it('is told to whoever watches the history, once, by the first connection that leads there', async () => {
    const pair = await givenPair('asynchronous');
    const { store } = await warmStore(pair.url);
    const told: string[] = [];
    const ended: string[] = [];
    store.watchHistory?.(({ code, message }) => told.push(`${code}: ${message}`));
    const end = store.watchHistory?.(({ code }) => ended.push(code));
    end?.();
    await pair.untilFollowing();
    pair.address.cutAll();
    await failuresUntilCommitted(store, 'b');
    expect(told).toEqual([]);
    await pair.primary.stop('kill');
    await pair.promote();
    pair.moveAddress();
    await failuresUntilCommitted(store, 'c');
    await Promise.all(upTo(8).map(() => loadOne(store)));
    expect(told).toEqual([expect.stringMatching(/^historyChanged: .* timeline 2, and was on 1/)]);
    expect(ended).toEqual([]);
  });
});

describe('a primary that is frozen', () => {
  it('costs one call its answer, however many connections lead to it, and listening goes on', async () => {
    const pair = await givenPair('synchronous');
    const { store } = await warmStore(pair.url, { answerTimeoutMs: 15_000 });
    let heard = 0;
    const stop = await store.listen?.(() => {
      heard += 1;
    });
    onTestFinished(() => stop?.());
    pair.primary.freeze();
    await pair.promote();
    pair.moveAddress();
    const other = createPostgresStore({
      pool: testPool({ connectionString: pair.standby.url, max: 4 }),
      ...patience,
    });
    await other.open();
    onTestFinished(() => other.close());
    expect(await failuresUntilCommitted(store, 'b')).toBeLessThanOrEqual(1);
    await eventually('news are heard by another connection', async () => {
      const before = heard;
      await other.commit([commitOf({ orderId: `${Math.random()}` })]);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return heard > before;
    });
  });
});

describe('a synchronous standby that is away', () => {
  it('holds up writes of every kind, and no read', async () => {
    const pair = await givenPair('synchronous');
    // Nothing that waits gives up in the meantime.
    const { store } = await warmStore(pair.url, patience);
    const stop = await store.listen?.(() => {});
    onTestFinished(() => stop?.());
    pair.holdBack();
    const { subscriptions } = store;
    const writes = upTo(10).flatMap((n) => [
      store.commit([commitOf({ orderId: `order-${n}` })]),
      subscriptions.join({ subscription: `s-${n}`, owner: 'me', now: noon, durationMs: 9 }),
    ]);
    let isDone = false;
    const done = Promise.all(writes).then(() => {
      isDone = true;
    });
    const waits = "SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    await eventually('writes wait', async () => (await pair.primary.query(waits)).length >= 4);
    for (const _ of upTo(20)) expect((await loadOne(store))?.version).toBe(1);
    expect(await store.feedEnd(0)).toBeLessThanOrEqual(1);
    expect(isDone).toBe(false);
    pair.letGo();
    await done;
  });
});
