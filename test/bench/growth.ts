import { createOrderEngine } from '../../src/index.ts';
import { createSqliteStore } from '../../src/store/sqlite/index.ts';
import type { Commit } from '../../src/store/store.ts';
import type { BenchmarkResult, BenchmarkSettings } from './benchmark.ts';
import { check } from './check.ts';
import { formatNumber, formatSpread } from './format.ts';
import { commandsPerLife, live, newLives, newOrderId } from './lives.ts';
import { recordedCommits } from './recording-store.ts';
import { Scratch } from './scratch.ts';
import { contentsOf } from './sqlite-floor.ts';
import { millisecondsOf, ratioOf, type Spread, spreadOf } from './statistics.ts';

/** A file with so many orders, and what commands on it cost: a sample per round. */
interface Sized {
  readonly orders: number;
  readonly path: string;
  readonly orderIds: readonly string[];
  /** Microseconds per command: whole lives of new orders. */
  readonly newOrders: number[];
  /** The same for notes on stored orders picked at random, which no cache has. */
  readonly oldOrders: number[];
}

/** What a command costs when few, many and very many orders are stored. */
export async function benchGrowth(settings: BenchmarkSettings): Promise<BenchmarkResult> {
  const sizes = settings.isQuick ? [1_000, 10_000] : [1_000, 100_000, 1_000_000];
  const rounds = settings.isQuick ? 2 : 7;
  using scratch = new Scratch(settings.folder);
  const files: Sized[] = [];
  for (const orders of sizes) files.push(await filled(scratch.newPath(), orders, settings));
  // The first round warms everything up and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    settings.progress(`growth: round ${round} of ${rounds}`);
    for (let turn = 0; turn < files.length; turn += 1) {
      const file = files[(turn + round) % files.length];
      if (file !== undefined) await oneRound(file, round > 0);
    }
  }
  for (const { path, orders } of files) {
    const { orders: stored } = JSON.parse(contentsOf(path));
    check('orders stored', stored, orders + (rounds + 1) * livesPerRound);
  }
  return report(files);
}

const livesPerRound = 250;
const notesPerRound = 1_000;

async function oneRound(file: Sized, isCounted: boolean): Promise<void> {
  const newMs = await createOrders(file);
  const oldMs = await annotateOrders(file);
  if (!isCounted) return;
  file.newOrders.push((newMs * 1000) / (livesPerRound * commandsPerLife));
  file.oldOrders.push((oldMs * 1000) / notesPerRound);
}

async function createOrders({ path }: Sized): Promise<number> {
  const engine = await createOrderEngine({ store: createSqliteStore({ path }) });
  const lives = newLives(livesPerRound);
  globalThis.gc?.();
  const milliseconds = await millisecondsOf(() => live(engine, lives));
  check('commands accepted', engine.stats().accepted, livesPerRound * commandsPerLife);
  await engine.close();
  return milliseconds;
}

/** Without a cache, which would hold all orders of a small file and none of a large one. */
async function annotateOrders({ path, orderIds }: Sized): Promise<number> {
  const engine = await createOrderEngine({ store: createSqliteStore({ path }), cacheSize: 0 });
  globalThis.gc?.();
  const chosen = Array.from({ length: notesPerRound }, () => pick(orderIds));
  const milliseconds = await millisecondsOf(() =>
    Promise.all(
      chosen.map((orderId) =>
        engine.execute(
          { type: 'order.annotate', orderId, metadata: { seen: true } },
          { idempotencyKey: `${orderId}/seen/${newOrderId()}` },
        ),
      ),
    ),
  );
  check('commands accepted', engine.stats().accepted, notesPerRound);
  await engine.close();
  return milliseconds;
}

let seed = 42;

function pick(ids: readonly string[]): string {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return ids[seed % ids.length] ?? '';
}

/** How many lives are recorded, to be repeated under other ids. */
const patterns = 100;

/**
 * Fills a file with whole lives by way of the store: the commits of recorded lives, each life in
 * one commit, under new ids. Going through the engine would take three times as long.
 */
async function filled(
  path: string,
  orders: number,
  { progress }: BenchmarkSettings,
): Promise<Sized> {
  const lives = Map.groupBy(await recordedCommits(patterns), ({ orderId }) => orderId);
  const wholes = [...lives.values()].map(inOne);
  const store = createSqliteStore({ path });
  await store.open();
  const orderIds: string[] = [];
  while (orderIds.length < orders) {
    const batch: Commit[] = [];
    for (let at = 0; at < 2_000 && orderIds.length < orders; at += 1) {
      const orderId = newOrderId();
      const pattern = wholes[orderIds.length % patterns];
      if (pattern !== undefined) batch.push(underOtherId(pattern, orderId));
      orderIds.push(orderId);
    }
    await store.commit(batch);
    if (orderIds.length % 50_000 === 0) {
      progress(`growth: ${formatNumber(orderIds.length)} of ${formatNumber(orders)} orders stored`);
    }
  }
  await store.close();
  check('orders stored', JSON.parse(contentsOf(path)).orders, orders);
  return { orders, path, orderIds, newOrders: [], oldOrders: [] };
}

/** A whole life as one commit. */
function inOne(commits: readonly Commit[]): Commit {
  const last = commits.at(-1);
  if (last === undefined) throw new Error('A life without a commit.');
  return { ...last, expectedVersion: 0, events: commits.flatMap(({ events }) => events) };
}

function underOtherId(commit: Commit, orderId: string): Commit {
  const text = JSON.stringify(commit).replaceAll(commit.orderId, orderId);
  const copy = JSON.parse(text) as Commit;
  const placedAt = Date.now();
  const events = copy.events.map((event) => ({ ...event, id: newOrderId() }));
  return { ...copy, events, record: copy.record && { ...copy.record, placedAt } };
}

function report(files: readonly Sized[]): BenchmarkResult {
  const [smallest] = files;
  const largest = files.at(-1);
  if (smallest === undefined || largest === undefined) throw new Error('No file was measured.');
  const middle = files.at(-2) ?? smallest;
  const growth = {
    newOrders: ratioOf(largest.newOrders, smallest.newOrders),
    oldOrders: ratioOf(largest.oldOrders, smallest.oldOrders),
    oldOrdersFromMiddle: ratioOf(largest.oldOrders, middle.oldOrders),
  };
  const sizes = files.map(({ orders, newOrders, oldOrders }) => ({
    orders,
    microsecondsPerCommand: { newOrders: spreadOf(newOrders), oldOrders: spreadOf(oldOrders) },
  }));
  const line = (name: string, from: Sized, spread: Spread) => ({
    name: `${name}, ${formatNumber(largest.orders)} / ${formatNumber(from.orders)} stored`,
    value: formatSpread(spread, 'times the cost'),
    note: 'aim: 1.5 or less',
  });
  return {
    data: { sizes, growth },
    figures: [
      ...sizes.flatMap(({ orders, microsecondsPerCommand: { newOrders, oldOrders } }) => [
        { name: `${formatNumber(orders)} stored: new order`, value: formatSpread(newOrders, 'us') },
        { name: `${formatNumber(orders)} stored: old order`, value: formatSpread(oldOrders, 'us') },
      ]),
      line('new orders', smallest, growth.newOrders),
      line('old orders', smallest, growth.oldOrders),
      line('old orders', middle, growth.oldOrdersFromMiddle),
    ],
    limits:
      'The depth of the indexes. Old orders are picked at random and no cache has them: each is ' +
      'read, and each writes pages of its own, where in a small file neighbours share them.',
  };
}
