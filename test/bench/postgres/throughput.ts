import { createOrderEngine } from '../../../src/index.ts';
import type { Commit } from '../../../src/store/store.ts';
import type { BenchmarkResult, BenchmarkSettings } from '../benchmark.ts';
import { check } from '../check.ts';
import { formatSpread } from '../format.ts';
import { commandsPerLife, eventsPerLife, live, newLives } from '../lives.ts';
import { recordedCommits } from '../recording-store.ts';
import { millisecondsOf, ratioOf, spreadOf } from '../statistics.ts';
import { writeByHand } from './by-hand.ts';
import { BenchDatabase } from './database.ts';
import { Floor, RowMaker } from './floor.ts';

const batchSize = 256;

/** Commands per second of every contender, a sample per round. */
interface Rates {
  /** The engine, with the feed and a subscription that takes every event. */
  readonly engine: number[];
  /** The store alone, given the commits. */
  readonly store: number[];
  /** The floor, which makes its rows from the commits. */
  readonly loop: number[];
  /** The floor with the rows made beforehand: nothing but SQL. */
  readonly sql: number[];
  /** One transaction per command, 32 at a time. */
  readonly byHand: number[];
}

/** The engine on Postgres against the bare SQL floor and against the hand-written way. */
export async function benchPostgres(settings: BenchmarkSettings): Promise<BenchmarkResult> {
  const rounds = settings.isQuick ? 2 : 7;
  const lives = settings.isQuick ? 1_000 : 6_000;
  const commits = await recordedCommits(lives);
  check('commits recorded', commits.length, lives * commandsPerLife);
  const rates: Rates = { engine: [], store: [], loop: [], sql: [], byHand: [] };
  // The first round warms everything up and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    settings.progress(`postgres: round ${round} of ${rounds}`);
    const sample = await oneRound(commits, lives, round);
    if (round === 0) continue;
    for (const name of Object.keys(rates) as (keyof Rates)[]) rates[name].push(sample[name]);
  }
  return report(rates, lives);
}

type Contender = (database: BenchDatabase) => Promise<number>;

/** Lets the contenders run one after another, each in a schema of its own, in changing order. */
async function oneRound(
  commits: readonly Commit[],
  lives: number,
  round: number,
): Promise<Record<keyof Rates, number>> {
  const singly = commits.slice(0, commits.length >> 3);
  const contenders: readonly (readonly [keyof Rates, number, Contender])[] = [
    ['engine', commits.length, (database) => runEngine(database, lives)],
    ['store', commits.length, (database) => runStore(database, commits)],
    ['loop', commits.length, (database) => runFloor(database, commits, false)],
    ['sql', commits.length, (database) => runFloor(database, commits, true)],
    ['byHand', singly.length, (database) => runByHand(database, singly)],
  ];
  const sample: Record<keyof Rates, number> = { engine: 0, store: 0, loop: 0, sql: 0, byHand: 0 };
  const first = round % contenders.length;
  for (const [name, count, run] of [...contenders.slice(first), ...contenders.slice(0, first)]) {
    await using database = await BenchDatabase.create();
    await database.settle();
    globalThis.gc?.();
    sample[name] = (count * 1000) / (await run(database));
    if (name !== 'byHand') await checkContents(database, lives, name === 'sql' || name === 'loop');
  }
  return sample;
}

/** The same rows must be there, whoever wrote them. */
async function checkContents(
  database: BenchDatabase,
  lives: number,
  isFloor: boolean,
): Promise<void> {
  const { rows } = await database
    .pool({ max: 1 })
    .query(
      `SELECT (SELECT count(*) FROM ${database.schema}.orders)::integer AS orders, ` +
        `(SELECT count(*) FROM ${database.schema}.events)::integer AS events, ` +
        `(SELECT count(*) FROM ${database.schema}.commands)::integer AS commands, ` +
        `(SELECT count(*) FROM ${database.schema}.feed)::integer AS feed, ` +
        `(SELECT sum(position) FROM ${database.schema}.feed_heads)::integer AS positions, ` +
        `(SELECT count(*) FROM ${database.schema}.pending)::integer AS pending`,
    );
  const [contents] = rows;
  const who = isFloor ? 'the floor' : 'the store';
  check(`orders that ${who} wrote`, contents.orders, lives);
  check(`events that ${who} wrote`, contents.events, lives * eventsPerLife);
  check(`commands that ${who} wrote`, contents.commands, lives * commandsPerLife);
  check(`feed rows that ${who} wrote`, contents.feed, lives * eventsPerLife);
  check(`positions that ${who} gave`, contents.positions, lives * eventsPerLife);
  check('events that are pending', contents.pending, 0);
}

async function runEngine(database: BenchDatabase, count: number): Promise<number> {
  const lives = newLives(count);
  const engine = await createOrderEngine({ store: database.store(), batchSize });
  let handled = 0;
  const { promise: isDone, resolve } = Promise.withResolvers<void>();
  await engine.subscribe({
    name: 'reader',
    from: 'beginning',
    concurrency: 1_000,
    handler: () => {
      handled += 1;
      if (handled === count * eventsPerLife) resolve();
    },
  });
  // Until the last event has reached its handler, not only until the last answer.
  const milliseconds = await millisecondsOf(async () => {
    await live(engine, lives);
    await isDone;
  });
  check('commands accepted', engine.stats().accepted, count * commandsPerLife);
  await engine.close();
  return milliseconds;
}

async function runStore(database: BenchDatabase, commits: readonly Commit[]): Promise<number> {
  const store = database.store();
  await store.open();
  const milliseconds = await millisecondsOf(async () => {
    for (let at = 0; at < commits.length; at += batchSize) {
      const outcomes = await store.commit(commits.slice(at, at + batchSize));
      for (const { status } of outcomes) check('outcome of a commit', status, 'committed');
    }
  });
  await store.close();
  return milliseconds;
}

async function runFloor(
  database: BenchDatabase,
  commits: readonly Commit[],
  isReady: boolean,
): Promise<number> {
  const maker = new RowMaker();
  const groups: (readonly Commit[])[] = [];
  for (let at = 0; at < commits.length; at += batchSize) {
    groups.push(commits.slice(at, at + batchSize));
  }
  const ready = isReady ? groups.map((group) => maker.columnsOf(group)) : undefined;
  const floor = await Floor.create(database.pool({ max: 2 }), database.schema);
  const milliseconds = await millisecondsOf(async () => {
    for (const [index, group] of groups.entries()) {
      await floor.write(ready?.[index] ?? maker.columnsOf(group));
    }
  });
  await floor.close(maker.statuses);
  return milliseconds;
}

async function runByHand(database: BenchDatabase, commits: readonly Commit[]): Promise<number> {
  const pool = database.pool({ max: 32 });
  let written = 0;
  const milliseconds = await millisecondsOf(async () => {
    written = await writeByHand(pool, database.schema, commits);
  });
  check('commits written by hand', written, commits.length);
  return milliseconds;
}

function report(rates: Rates, lives: number): BenchmarkResult {
  const perSecond = {
    engine: spreadOf(rates.engine),
    store: spreadOf(rates.store),
    loop: spreadOf(rates.loop),
    sql: spreadOf(rates.sql),
    byHand: spreadOf(rates.byHand),
  };
  const ratios = {
    engineToByHand: ratioOf(rates.engine, rates.byHand),
    engineToLoop: ratioOf(rates.engine, rates.loop),
    engineToSql: ratioOf(rates.engine, rates.sql),
    storeToByHand: ratioOf(rates.store, rates.byHand),
    storeToLoop: ratioOf(rates.store, rates.loop),
  };
  const unit = 'commands/s';
  const line = (name: string, value: string, note?: string) =>
    note === undefined ? { name, value } : { name, value, note };
  return {
    data: { commands: lives * commandsPerLife, batchSize, perSecond, ratios },
    figures: [
      line('engine, feed and a subscription', formatSpread(perSecond.engine, unit)),
      line('store alone, commits given', formatSpread(perSecond.store, unit)),
      line('floor: rows made from the commits', formatSpread(perSecond.loop, unit)),
      line('floor: SQL alone, rows ready', formatSpread(perSecond.sql, unit)),
      line('by hand, a transaction each', formatSpread(perSecond.byHand, unit)),
      line('engine / by hand', formatSpread(ratios.engineToByHand, 'times as fast'), 'aim: 15'),
      line('engine / floor', formatSpread(ratios.engineToLoop, 'of the floor'), 'aim: 0.8'),
      line('engine / SQL alone', formatSpread(ratios.engineToSql, 'of the floor'), 'aim: 0.8'),
      line('store / by hand', formatSpread(ratios.storeToByHand, 'times as fast')),
      line('store / floor', formatSpread(ratios.storeToLoop, 'of the floor')),
    ],
    limits:
      'The JavaScript of one thread: the rules take longer than the database. Client and ' +
      'database share the processors of this machine.',
  };
}
