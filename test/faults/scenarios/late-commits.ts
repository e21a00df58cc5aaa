import { setTimeout as delay } from 'node:timers/promises';
import { Client, Pool, type PoolClient } from 'pg';
import type { OrderStore } from '../../../src/index.ts';
import { commitOf } from '../../../src/testing/conformance/given.ts';
import { type Chance, chanceOf, seedFor } from '../kit/chance.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { FeedReader } from '../kit/feed-reader.ts';
import { postgresTarget } from '../kit/target.ts';
import { until } from '../kit/until.ts';

// Promise 2: host transactions commit late, in another sequence than they began, or roll back,
// while the store's own batches go on, and a write transaction in another database of the server is
// open all the time. Two readers meet each event once and in order; none waits for strangers. A
// control shows that a reader with an xid barrier would have: else nothing was tested.

export const lateCommits: FaultTest = {
  name: 'postgres-late-commits',
  promise: 'no event is skipped or held up by late commits, rollbacks and strangers',
  run,
};

const { tenantId } = commitOf();
const writerCount = 6;

interface World {
  readonly store: OrderStore;
  readonly pool: Pool;
  readonly schema: string;
  /** The keys of what was committed. */
  readonly committed: Set<string>;
  readonly counts: { late: number; rolledBack: number; batches: number; refused: number };
}

async function run({ seed, scale, url }: Round): Promise<Findings> {
  await using target = postgresTarget(url);
  const store = await target.open();
  const pool = new Pool({ connectionString: url, max: writerCount + 1 });
  await pool.query(`CREATE TABLE ${target.schema}.host_rows (key text PRIMARY KEY)`);
  await using stranger = await openStranger(url, `${target.schema}_other`);
  const counts = { late: 0, rolledBack: 0, batches: 0, refused: 0 };
  const { schema } = target;
  const world: World = { store, pool, schema, committed: new Set(), counts };
  const readers = [new FeedReader('one', store), new FeedReader('two', store)];
  const hasSeenAll = () =>
    readers.every((reader) => [...world.committed].every((key) => reader.has(key)));

  // Open from the first to the last: nobody may wait for it but who wants the same order.
  const latest = await beginLate(world, 'latest', 'latest/1');
  const writing = Array.from({ length: writerCount }, (_, index) =>
    write(world, chanceOf(seedFor(seed, index)), { name: `w${index}`, count: 25 * scale }),
  );
  await Promise.all(writing);
  const losses: string[] = [];
  const lose = (error: Error): number => losses.push(error.message);
  // The stranger and the latest are still open here.
  await until(hasSeenAll, 'both readers to meet everything that is committed', 30_000).catch(lose);
  const heldBack = await behindBarrier(pool, schema);
  if (heldBack === 0) losses.push('no reader would have waited for the stranger: nothing proved');
  await latest.end('COMMIT');
  world.committed.add('latest/1');
  await until(hasSeenAll, 'both readers to meet the latest event', 30_000).catch(lose);
  for (const reader of readers) await reader.end();
  const { rows } = await pool.query(`SELECT key FROM ${schema}.host_rows`);
  await pool.end();
  await stranger.check();
  return {
    faults: {
      'late commits': counts.late + 1,
      rollbacks: counts.rolledBack,
      'events an xid barrier would have held back': heldBack,
    },
    load: { 'events read by each': world.committed.size, 'batches beside them': counts.batches },
    losses: [
      ...losses,
      ...readers.flatMap((reader) => reader.losses),
      ...readers.flatMap((reader) => unexpected(reader, world)),
      ...missing(world, new Set(rows.map(({ key }) => key))),
    ],
  };
}

async function write(
  world: World,
  chance: Chance,
  { name, count }: { readonly name: string; readonly count: number },
): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    const orderId = chance.is(0.4) ? `shared-${chance.between(1, 4)}` : `own-${name}`;
    const key = `${name}/${turn}`;
    if (chance.is(0.4)) await writeAtOnce(world, orderId, key);
    else await writeLate(world, orderId, key, chance);
  }
}

/** By the store itself, as an engine without a host transaction does. */
async function writeAtOnce({ store, committed, counts }: World, orderId: string, key: string) {
  const [record] = await store.load([{ tenantId, orderId }]);
  const expectedVersion = record?.version ?? 0;
  const [outcome] = await store.commit([commitOf({ orderId, expectedVersion, key })]);
  if (outcome?.status === 'committed') committed.add(key);
  counts[outcome?.status === 'committed' ? 'batches' : 'refused'] += 1;
}

/** In a transaction of the host's, which ends some time later, one way or the other. */
async function writeLate(world: World, orderId: string, key: string, chance: Chance) {
  const { counts, committed } = world;
  const ends = chance.is(0.3) ? 'ROLLBACK' : 'COMMIT';
  const lateMs = chance.between(0, 40);
  const late = await beginLate(world, orderId, key);
  await delay(lateMs);
  await late.end(late.isWritten ? ends : 'ROLLBACK');
  if (!late.isWritten) counts.refused += 1;
  else if (ends === 'ROLLBACK') counts.rolledBack += 1;
  else {
    counts.late += 1;
    committed.add(key);
  }
}

async function beginLate({ store, pool, schema }: World, orderId: string, key: string) {
  const client: PoolClient = await pool.connect();
  await client.query('BEGIN');
  await client.query(`INSERT INTO ${schema}.host_rows VALUES ($1)`, [key]);
  const inside = store.within?.(client);
  const [record] = (await inside?.load([{ tenantId, orderId }])) ?? [];
  const expectedVersion = record?.version ?? 0;
  const [outcome] = (await inside?.commit([commitOf({ orderId, expectedVersion, key })])) ?? [];
  return {
    isWritten: outcome?.status === 'committed',
    end: async (how: 'COMMIT' | 'ROLLBACK') => {
      await client.query(how);
      client.release();
    },
  };
}

/** A write transaction in a database that has nothing to do with us, open until it is disposed. */
async function openStranger(url: string, name: string) {
  const admin = new Client({ connectionString: url });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name} TEMPLATE template0`);
  const address = new URL(url);
  address.pathname = `/${name}`;
  const stranger = new Client({ connectionString: address.href });
  await stranger.connect();
  await stranger.query('BEGIN');
  await stranger.query('CREATE TABLE something (id int)');
  return {
    /** That it was open all the time. */
    check: () => stranger.query('SELECT FROM something'),
    [Symbol.asyncDispose]: async () => {
      await stranger.end();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}

/** Events whose transactions are younger than the oldest one that is open on the whole server. */
async function behindBarrier(pool: Pool, schema: string): Promise<number> {
  const { rows } = await pool.query(
    `SELECT count(*) FROM ${schema}.events ` +
      'WHERE xmin::text::bigint >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint',
  );
  return Number(rows[0].count);
}

/** Events that came although nobody has committed them. */
function unexpected(reader: FeedReader, { committed }: World): string[] {
  return reader.events
    .filter(({ causationId }) => !committed.has(causationId ?? ''))
    .map(({ causationId }) => `${causationId} was read, and was not committed`);
}

/** All or nothing: the host's rows are those of its committed transactions. */
function missing({ committed }: World, hostKeys: ReadonlySet<string>): string[] {
  return [...hostKeys]
    .filter((key) => !committed.has(key))
    .map((key) => `the host's row ${key} is there without its event`);
}
