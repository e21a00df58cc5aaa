import { createOrderEngine } from '../../src/index.ts';
import { createSqliteStore } from '../../src/store/sqlite/index.ts';
import type { Commit } from '../../src/store/store.ts';
import type { BenchmarkResult, BenchmarkSettings } from './benchmark.ts';
import { check } from './check.ts';
import { formatSpread } from './format.ts';
import { commandsPerLife, eventsPerLife, live, newLives } from './lives.ts';
import { recordedCommits } from './recording-store.ts';
import { Scratch } from './scratch.ts';
import { contentsOf, Floor, RowMaker } from './sqlite-floor.ts';
import { millisecondsOf, ratioOf, spreadOf } from './statistics.ts';

const batchSize = 256;

/** Commands per second of every contender, a sample per round. */
interface Rates {
  /** The engine, {@link batchSize} commits at most in one transaction. */
  readonly engine: number[];
  /** The SQLite store alone, given the commits. */
  readonly store: number[];
  /** The hand-written loop that makes rows of the commits and writes them. */
  readonly loop: number[];
  /** The same with the rows made beforehand: nothing but SQL. */
  readonly sql: number[];
  /** The loop with one transaction per command. */
  readonly single: number[];
}

/** The engine on SQLite against the bare SQL floor and against one transaction per command. */
export async function benchSqlite(settings: BenchmarkSettings): Promise<BenchmarkResult> {
  const rounds = settings.isQuick ? 2 : 7;
  const lives = settings.isQuick ? 1_000 : 6_000;
  using scratch = new Scratch(settings.folder);
  const commits = await recordedCommits(lives);
  check('commits recorded', commits.length, lives * commandsPerLife);
  const rates: Rates = { engine: [], store: [], loop: [], sql: [], single: [] };
  // The first round warms everything up and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    settings.progress(`sqlite: round ${round} of ${rounds}`);
    const sample = await oneRound(scratch, commits, lives, round);
    if (round === 0) continue;
    for (const name of Object.keys(rates) as (keyof Rates)[]) rates[name].push(sample[name]);
  }
  return report(rates, lives);
}

type Contender = (path: string) => Promise<number>;

/** Lets the contenders run one after another, each on a file of its own, in changing order. */
async function oneRound(
  scratch: Scratch,
  commits: readonly Commit[],
  lives: number,
  round: number,
): Promise<Record<keyof Rates, number>> {
  const singly = commits.slice(0, commits.length >> 2);
  const contenders: readonly (readonly [keyof Rates, number, Contender])[] = [
    ['engine', commits.length, (path) => runEngine(path, lives)],
    ['store', commits.length, (path) => runStore(path, commits)],
    ['loop', commits.length, (path) => runLoop(path, commits)],
    ['sql', commits.length, (path) => runSql(path, commits)],
    ['single', singly.length, (path) => runSingle(path, singly)],
  ];
  const sample: Record<keyof Rates, number> = { engine: 0, store: 0, loop: 0, sql: 0, single: 0 };
  const contents = new Map<keyof Rates, string>();
  const first = round % contenders.length;
  for (const [name, count, run] of [...contenders.slice(first), ...contenders.slice(0, first)]) {
    const path = scratch.newPath();
    globalThis.gc?.();
    sample[name] = (count * 1000) / (await run(path));
    contents.set(name, contentsOf(path));
    scratch.remove(path);
  }
  for (const name of ['store', 'loop', 'sql'] as const) {
    check(`contents of the ${name}'s file`, contents.get(name), contents.get('engine'));
  }
  checkContents(contents.get('engine'), lives);
  return sample;
}

function checkContents(contents: string | undefined, lives: number): void {
  const { orders, events, commands, position } = JSON.parse(contents ?? '{}');
  check('orders stored', orders, lives);
  check('events stored', events, lives * eventsPerLife);
  check('commands stored', commands, lives * commandsPerLife);
  check('end of the feed', position, events);
}

async function runEngine(path: string, count: number): Promise<number> {
  const lives = newLives(count);
  const engine = await createOrderEngine({ store: createSqliteStore({ path }), batchSize });
  const milliseconds = await millisecondsOf(() => live(engine, lives));
  check('commands accepted', engine.stats().accepted, count * commandsPerLife);
  await engine.close();
  return milliseconds;
}

async function runStore(path: string, commits: readonly Commit[]): Promise<number> {
  const store = createSqliteStore({ path });
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

async function runLoop(path: string, commits: readonly Commit[]): Promise<number> {
  const floor = await Floor.create(path);
  const maker = new RowMaker();
  const milliseconds = await millisecondsOf(() => {
    for (let at = 0; at < commits.length; at += batchSize) {
      floor.writeBatch(commits.slice(at, at + batchSize).map((commit) => maker.rowsOf(commit)));
    }
  });
  floor.close();
  return milliseconds;
}

async function runSql(path: string, commits: readonly Commit[]): Promise<number> {
  const maker = new RowMaker();
  const rows = commits.map((commit) => maker.rowsOf(commit));
  const floor = await Floor.create(path);
  const milliseconds = await millisecondsOf(() => {
    for (let at = 0; at < rows.length; at += batchSize) {
      floor.writeBatch(rows.slice(at, at + batchSize));
    }
  });
  floor.close();
  return milliseconds;
}

async function runSingle(path: string, commits: readonly Commit[]): Promise<number> {
  const floor = await Floor.create(path);
  const maker = new RowMaker();
  const milliseconds = await millisecondsOf(() => {
    for (const commit of commits) floor.writeSingly(commit, maker.rowsOf(commit));
  });
  floor.close();
  return milliseconds;
}

function report(rates: Rates, lives: number): BenchmarkResult {
  const perSecond = {
    engine: spreadOf(rates.engine),
    store: spreadOf(rates.store),
    loop: spreadOf(rates.loop),
    sql: spreadOf(rates.sql),
    single: spreadOf(rates.single),
  };
  const ratios = {
    engineToSql: ratioOf(rates.engine, rates.sql),
    engineToLoop: ratioOf(rates.engine, rates.loop),
    engineToSingle: ratioOf(rates.engine, rates.single),
  };
  const unit = 'commands/s';
  return {
    data: { commands: lives * commandsPerLife, batchSize, perSecond, ratios },
    figures: [
      { name: 'engine on SQLite', value: formatSpread(perSecond.engine, unit) },
      { name: 'store alone, commits given', value: formatSpread(perSecond.store, unit) },
      { name: 'floor: loop from the same commits', value: formatSpread(perSecond.loop, unit) },
      { name: 'floor: SQL alone, rows ready', value: formatSpread(perSecond.sql, unit) },
      { name: 'one transaction per command', value: formatSpread(perSecond.single, unit) },
      {
        name: 'engine / loop',
        value: formatSpread(ratios.engineToLoop, 'of the floor'),
        note: 'aim: 0.3 or more',
      },
      {
        name: 'engine / SQL alone',
        value: formatSpread(ratios.engineToSql, 'of the floor'),
        note: 'aim: 0.3 or more',
      },
      {
        name: 'engine / one transaction each',
        value: formatSpread(ratios.engineToSingle, 'times as fast'),
      },
    ],
    limits:
      'The JavaScript of one thread: rules, checks and promises before the store, JSON and binding ' +
      'within it. One transaction per command is limited by the flush of the disk.',
  };
}
