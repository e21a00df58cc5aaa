import { setTimeout as delay } from 'node:timers/promises';
import { Client, Pool, type PoolClient } from 'pg';
import {
  createOrderEngine,
  isOrderchartError,
  type OrderCommand,
  type OrderEngine,
} from '../../../src/index.ts';
import { checkBooks } from '../kit/books.ts';
import { type Chance, chanceOf, seedFor } from '../kit/chance.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { FeedReader } from '../kit/feed-reader.ts';
import { connectStore, postgresTarget } from '../kit/target.ts';
import { until } from '../kit/until.ts';
import { type Acknowledgement, answerOf } from '../kit/workload.ts';

// Promise 2: host transactions commit late, in another sequence than they began, or roll back,
// while commands without such a transaction go on, and a write transaction in another database of the server is
// open all the time. Two readers meet each event once and in order; none waits for strangers. A
// control shows that a reader with an xid barrier would have: else nothing was tested.

export const lateCommits: FaultTest = {
  name: 'postgres-late-commits',
  promise: 'no event is skipped or held up by late commits, rollbacks and strangers',
  run,
};

const writerCount = 6;

interface World {
  readonly engine: OrderEngine;
  readonly pool: Pool;
  readonly schema: string;
  /** What was committed, as its callers were told. */
  readonly answers: Acknowledgement[];
  /** When each key was known to be committed, by `performance.now()`. */
  readonly committedAt: Map<string, number>;
  readonly counts: { late: number; rolledBack: number; besides: number; refused: number };
}

async function run({ seed, scale, url }: Round): Promise<Findings> {
  await using target = postgresTarget(url);
  const { schema } = target;
  const { store, end } = connectStore(target.address);
  const engine = await createOrderEngine({ store, timers: false });
  const pool = new Pool({ connectionString: url, max: writerCount + 1 });
  await pool.query(`CREATE TABLE ${schema}.host_rows (key text PRIMARY KEY)`);
  await using stranger = await openStranger(url, `${schema}_other`);
  const counts = { late: 0, rolledBack: 0, besides: 0, refused: 0 };
  const committedAt = new Map<string, number>();
  const world: World = { engine, pool, schema, answers: [], committedAt, counts };
  await placeOrders(world);
  const readers = [new FeedReader('one', store), new FeedReader('two', store)];
  const hasSeenAll = () =>
    readers.every((reader) => world.answers.every(({ key }) => reader.has(key)));

  // Open from the first to the last: nobody may wait for it but who wants the same order.
  const latest = await beginLate(world, 'latest', 'latest/1');
  const writing = Array.from({ length: writerCount }, (_, index) =>
    write(world, chanceOf(seedFor(seed, index)), { name: `w${index}`, count: 25 * scale }),
  );
  await Promise.all(writing);
  const losses: string[] = [];
  const lose = (error: Error): number => losses.push(error.message);
  // The stranger and the latest are still open here.
  await until(hasSeenAll, 'both readers to meet everything that is committed').catch(lose);
  const heldBack = await behindBarrier(pool, schema);
  if (heldBack === 0) losses.push('no reader would have waited for the stranger: nothing proved');
  await latest.end('COMMIT');
  await until(hasSeenAll, 'both readers to meet the latest event').catch(lose);
  for (const reader of readers) await reader.end();
  const { rows } = await pool.query(`SELECT key FROM ${schema}.host_rows`);
  const books = await checkBooks(store, world.answers);
  await stranger.check();
  await engine.close();
  await end();
  await pool.end();
  const keys = new Set(world.answers.map(({ key }) => key));
  return {
    faults: {
      'late commits': counts.late,
      rollbacks: counts.rolledBack,
      'events an xid barrier would have held back': heldBack,
    },
    load: {
      'events read by each': books.events.length,
      'commands beside them': counts.besides,
      'given up for a locked order': counts.refused,
    },
    peaks: { 'ms from a commit to the last reader': longestWaitMs(world, readers) },
    losses: [
      ...losses,
      ...books.losses,
      ...readers.flatMap((reader) => reader.losses),
      ...readers.flatMap((reader) => unexpected(reader, keys)),
      ...unmatched(
        keys,
        rows.map(({ key }) => key),
      ),
    ],
  };
}

function committed({ answers, committedAt }: World, answer: Acknowledgement): void {
  answers.push(answer);
  committedAt.set(answer.key, performance.now());
}

function longestWaitMs({ committedAt }: World, readers: readonly FeedReader[]): number {
  const waits = [...committedAt].flatMap(([key, at]) =>
    readers.map((reader) => (reader.metAt(key) ?? at) - at),
  );
  return Math.round(Math.max(...waits));
}

const sharedOrders = Array.from({ length: 4 }, (_, index) => `shared-${index}`);
/** More orders than the feed has partitions, so that every partition has some. */
const ownOrders = (writer: string): readonly string[] =>
  Array.from({ length: 4 }, (_, index) => `own-${writer}-${index}`);

async function placeOrders(world: World): Promise<void> {
  const { engine } = world;
  const own = Array.from({ length: writerCount }, (_, index) => ownOrders(`w${index}`));
  for (const orderId of [...sharedOrders, ...own.flat(), 'latest']) {
    const lines = [{ id: 'line-1', quantity: 1, unitPrice: 1000 }];
    const command = { type: 'order.place', orderId, currency: 'EUR', lines } as const;
    const key = `${orderId}/place`;
    const context = { idempotencyKey: key, causationId: key };
    committed(world, answerOf(key, await engine.execute(command, context)));
  }
}

async function write(
  world: World,
  chance: Chance,
  { name, count }: { readonly name: string; readonly count: number },
): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    const orderId = chance.pick(chance.is(0.4) ? sharedOrders : ownOrders(name));
    const key = `${orderId}/${name}-${turn}`;
    if (chance.is(0.4)) await writeBesides(world, orderId, key);
    else await writeLate(world, orderId, key, chance);
  }
}

/** Without a transaction of the host's; it waits for those that have the order. */
async function writeBesides(world: World, orderId: string, key: string) {
  const context = { idempotencyKey: key, causationId: key };
  committed(world, answerOf(key, await world.engine.execute(note(orderId, key), context)));
  world.counts.besides += 1;
}

/** In a transaction of the host's, which ends some time later, one way or the other. */
async function writeLate(world: World, orderId: string, key: string, chance: Chance) {
  const ends = chance.is(0.3) ? 'ROLLBACK' : 'COMMIT';
  const lateMs = chance.between(0, 40);
  const late = await beginLate(world, orderId, key);
  await delay(lateMs);
  await late.end(ends);
}

/** Begins a transaction, writes a row of the host's, and executes a command in it. */
async function beginLate(world: World, orderId: string, key: string) {
  const { engine, pool, schema, counts } = world;
  const transaction: PoolClient = await pool.connect();
  await transaction.query('BEGIN');
  await transaction.query(`INSERT INTO ${schema}.host_rows VALUES ($1)`, [key]);
  const context = { idempotencyKey: key, causationId: key, transaction };
  const result = await engine.execute(note(orderId, key), context).catch((error: unknown) => {
    // Another transaction has the order, and one that has begun itself does not wait for it.
    if (!isOrderchartError(error, 'contention')) throw error;
  });
  return {
    end: async (wanted: 'COMMIT' | 'ROLLBACK') => {
      const how = result === undefined ? 'ROLLBACK' : wanted;
      await transaction.query(how);
      transaction.release();
      if (result === undefined) counts.refused += 1;
      else if (how === 'ROLLBACK') counts.rolledBack += 1;
      else {
        counts.late += 1;
        committed(world, answerOf(key, result));
      }
    },
  };
}

function note(orderId: string, text: string): OrderCommand {
  return { type: 'order.annotate', orderId, metadata: { note: text } };
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
function unexpected(reader: FeedReader, committed: ReadonlySet<string>): string[] {
  return reader.events
    .filter(({ causationId }) => !committed.has(causationId ?? ''))
    .map(({ causationId }) => `${causationId} was read, and was not committed`);
}

/** All or nothing: the host's rows are those of its committed transactions. */
function unmatched(committed: ReadonlySet<string>, hostKeys: readonly string[]): string[] {
  return hostKeys
    .filter((key) => !committed.has(key))
    .map((key) => `the host's row ${key} is there without its event`);
}
