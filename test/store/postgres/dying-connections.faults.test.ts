import { Pool } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isOrderchartError } from '../../../src/errors.ts';
import { createPostgresStore } from '../../../src/store/postgres/index.ts';
import type { OrderStore } from '../../../src/store/store.ts';
import {
  commitOf,
  firstOrder,
  loadOne,
  noon,
  upTo,
} from '../../../src/testing/conformance/given.ts';
import { seededRandom } from '../../../src/testing/random.ts';
import { type Death, DyingServer } from '../../postgres/dying-server.ts';
import { patience } from '../../postgres/patience.ts';
import { testUrl } from '../../postgres/server.ts';
import { given, inside } from './kit.ts';

// An error without a listener ends the process; here it fails the run, whatever a test expects.

const seed = Number(process.env['ORDERCHART_SEED'] ?? Date.now() % 1_000_000);

async function givenServer() {
  const { schema, store: direct } = await given();
  const server = await DyingServer.create(testUrl());
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { schema, direct, server };
}

/** Everything that a store does with connections, with a pool that has met none of them before. */
async function life(url: string, schema: string, orderId: string) {
  // Nobody but the store listens to the errors of this pool and of its clients.
  const pool = new Pool({ connectionString: url, max: 3 });
  const store = createPostgresStore({ pool, schema, time: 'engine', ...patience });
  const failures: unknown[] = [];
  const attempt = (work: () => Promise<unknown> | undefined) =>
    Promise.resolve(work()).catch((error: unknown) => void failures.push(error));
  await attempt(() => store.open());
  let stop: (() => Promise<void>) | undefined;
  await attempt(async () => {
    stop = await store.listen?.(() => {});
  });
  const before = failures.length;
  await attempt(() => store.commit([commitOf({ orderId })]));
  const committing = failures[before];
  await Promise.all([
    attempt(() => loadOne(store)),
    attempt(() => store.feed(0, 0, 10)),
    attempt(() => project(store, orderId)),
  ]);
  await attempt(() => inHostTransaction(pool, store, orderId));
  await stop?.();
  await store.close();
  await pool.end();
  return { failures, committing };
}

async function project({ subscriptions }: OrderStore, orderId: string): Promise<void> {
  const request = { subscription: orderId, owner: 'me', now: noon, durationMs: 9 };
  const lease = await subscriptions.acquire({ ...request, partition: 0, startPosition: 0 });
  if (lease !== undefined) await subscriptions.project?.(lease, async () => 0);
}

/** As the guide shows it: the host's client has no listener of its own. */
async function inHostTransaction(pool: Pool, store: OrderStore, orderId: string): Promise<void> {
  const client = await pool.connect();
  let isBroken = true;
  try {
    await client.query('BEGIN');
    await inside(store, client).commit([commitOf({ orderId, expectedVersion: 1 })]);
    await client.query('COMMIT');
    isBroken = false;
  } finally {
    client.release(isBroken);
  }
}

const isHonest = (failure: unknown): boolean =>
  isOrderchartError(failure, 'storeUnavailable') ||
  isOrderchartError(failure, 'outcomeUnknown') ||
  isOrderchartError(failure, 'storeClosed') ||
  // The host's own statements, BEGIN and COMMIT, fail as its client says.
  (failure instanceof Error && !isOrderchartError(failure));

describe('a connection that the server ends', () => {
  it.each(upTo(6))('with the %i. ReadyForQuery, in one packet, is no crash', async (withReady) => {
    const { server, schema } = await givenServer();
    server.deathOf = (connection) => (connection < 3 ? { withReady } : undefined);
    const { failures } = await life(server.url, schema, 'order-1');
    expect(server.deaths).toBeGreaterThan(0);
    expect(failures.filter((failure) => !isHonest(failure))).toEqual([]);
  });

  it('just made, for a client that the host uses for its own transaction, is no crash either', async () => {
    const { server, schema } = await givenServer();
    const pool = new Pool({ connectionString: server.url, max: 1 });
    onTestFinished(() => pool.end());
    const store = createPostgresStore({ pool, schema, time: 'engine', ...patience });
    await store.open();
    onTestFinished(() => store.close());
    const client = await pool.connect();
    await client.query('BEGIN');
    await inside(store, client).load([firstOrder]);
    const ended = new Promise((resolve) => client.once('end', resolve));
    await server[Symbol.asyncDispose]();
    await ended;
    client.release(true);
  });

  it(`at any byte is no crash, and what was told of a commit is true (seed ${seed})`, async () => {
    const { server, schema, direct } = await givenServer();
    expect((await life(server.url, schema, 'whole')).failures).toEqual([]);
    const whole = server.received.map(({ bytes }) => bytes);
    const random = seededRandom(seed);
    for (const round of upTo(60)) {
      const first = server.received.length;
      const deaths: readonly (Death | undefined)[] = whole.map((bytes) =>
        random() < 0.7 ? { afterBytes: Math.floor(random() * bytes) } : undefined,
      );
      server.deathOf = (connection) => deaths[connection - first];
      const orderId = `order-${round}`;
      const { failures, committing } = await life(server.url, schema, orderId);
      expect(failures.filter((failure) => !isHonest(failure))).toEqual([]);
      const version = (await direct.load([{ ...firstOrder, orderId }]))[0]?.version ?? 0;
      if (committing === undefined) expect(version).toBeGreaterThan(0);
      if (isOrderchartError(committing, 'storeUnavailable')) expect(version).toBe(0);
      if (failures.length === 0) expect(version).toBe(2);
    }
    expect(server.deaths).toBeGreaterThan(30);
  });
});
