import { createOrderEngine } from '../../../src/index.ts';
import type { BenchmarkResult, BenchmarkSettings } from '../benchmark.ts';
import { check } from '../check.ts';
import { formatNumber } from '../format.ts';
import { type KeyedCommand, newLives, sendAll } from '../lives.ts';
import { millisecondsOf, rounded } from '../statistics.ts';
import { BenchDatabase } from './database.ts';

/** Each life, and a note by the host: five commands. */
const commandsPerOrder = 5;
const stretchSize = 10_000;

/** A million orders and five million commands, with the feed and a subscription running. */
export async function benchPostgresMillion(settings: BenchmarkSettings): Promise<BenchmarkResult> {
  const orders = settings.isQuick ? 20_000 : 1_000_000;
  await using database = await BenchDatabase.createWithServer();
  const engine = await createOrderEngine({ store: database.store() });
  let handled = 0;
  const counted = () => {
    handled += 1;
  };
  await engine.subscribe({
    name: 'reader',
    from: 'beginning',
    concurrency: 1_000,
    handler: counted,
  });
  const rates: number[] = [];
  for (let done = 0; done < orders; done += stretchSize) {
    const lives = newLives(stretchSize).map(withNote);
    const milliseconds = await millisecondsOf(() => sendAll(engine, lives));
    rates.push((stretchSize * commandsPerOrder * 1000) / milliseconds);
    const rate = formatNumber(rates.at(-1) ?? 0);
    settings.progress(`million: ${formatNumber(done + stretchSize)} orders, ${rate} commands/s`);
  }
  check('commands accepted', engine.stats().accepted, orders * commandsPerOrder);
  await engine.idle();
  check('events handled', handled, engine.stats().events);
  const { heapUsed } = process.memoryUsage();
  await engine.close();
  return report(orders, rates, heapUsed, await tablesOf(database));
}

function withNote(life: readonly KeyedCommand[]): readonly KeyedCommand[] {
  const [first] = life;
  if (first?.command.orderId === undefined) return life;
  const { orderId } = first.command;
  const command = { type: 'order.annotate', orderId, metadata: { note: 'thank you' } } as const;
  return [...life, { command, idempotencyKey: `${orderId}/noted` }];
}

interface TableSize {
  readonly name: string;
  readonly rows: number;
  readonly megabytes: number;
  readonly indexMegabytes: number;
  /** Rows that were replaced or deleted and not yet reused, by rows. */
  readonly deadShare: number;
}

async function tablesOf(database: BenchDatabase): Promise<readonly TableSize[]> {
  const { rows } = await database
    .pool({ max: 1 })
    .query(
      'SELECT relname AS name, n_live_tup::float8 AS rows, ' +
        'pg_table_size(relid)::float8 / 1048576 AS megabytes, ' +
        'pg_indexes_size(relid)::float8 / 1048576 AS "indexMegabytes", ' +
        'n_dead_tup::float8 / greatest(n_live_tup, 1) AS "deadShare" ' +
        'FROM pg_stat_user_tables WHERE schemaname = $1 ORDER BY pg_total_relation_size(relid) DESC',
      [database.schema],
    );
  return rows.slice(0, 6);
}

function report(
  orders: number,
  rates: readonly number[],
  heapUsed: number,
  tables: readonly TableSize[],
): BenchmarkResult {
  // A tenth of the run at each end; the very first stretch compiles code and is left out.
  const tenth = Math.max(1, Math.floor(rates.length / 10));
  const start = mean(rates.slice(1, 1 + tenth));
  const end = mean(rates.slice(-tenth));
  const middle = mean(rates.slice(rates.length >> 1, (rates.length >> 1) + tenth));
  return {
    data: {
      orders,
      commands: orders * commandsPerOrder,
      perSecond: { start: rounded(start), middle: rounded(middle), end: rounded(end) },
      endToStart: rounded(end / start),
      heapMegabytes: rounded(heapUsed / 2 ** 20),
      tables,
    },
    figures: [
      { name: 'first tenth', value: `${formatNumber(start)} commands/s` },
      { name: 'middle', value: `${formatNumber(middle)} commands/s` },
      { name: 'last tenth', value: `${formatNumber(end)} commands/s` },
      { name: 'end / start', value: `${formatNumber(end / start)}`, note: 'aim: 0.8 or more' },
      { name: 'heap at the end', value: `${formatNumber(heapUsed / 2 ** 20)} MB` },
      ...tables.map(({ name, rows, megabytes, indexMegabytes, deadShare }) => ({
        name: `table ${name}`,
        value:
          `${formatNumber(rows)} rows, ${formatNumber(megabytes)} MB, ` +
          `indexes ${formatNumber(indexMegabytes)} MB`,
        note: `${formatNumber(deadShare * 100)} % dead rows`,
      })),
    ],
    limits:
      'One thread of JavaScript, then the disk: the tables outgrow shared_buffers, and every ' +
      'checkpoint writes the pages anew.',
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
