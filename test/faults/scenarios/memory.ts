import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import type { MemoryOptions, MemoryReport } from '../kit/memory-process.ts';
import { postgresTarget, sqliteTarget, type Target } from '../kit/target.ts';

// Promise 17: a long run keeps no more than caches and queues may hold. The heap is looked at after
// the caches are full, and again after many more lives of orders.

export const memoryOnPostgres: FaultTest = {
  name: 'postgres-memory',
  promise: 'the heap is as large after a long run as before, on Postgres',
  run: (round) => run(round, postgresTarget(round.url)),
};

export const memoryOnSqlite: FaultTest = {
  name: 'sqlite-memory',
  promise: 'the heap is as large after a long run as before, on SQLite',
  run: (round) => run(round, sqliteTarget()),
};

const execute = promisify(execFile);
const script = fileURLToPath(new URL('../kit/memory-process.ts', import.meta.url));
const mebibyte = 2 ** 20;

/**
 * Ten times as much as runs differ. It finds 500 bytes kept of every command in the short form,
 * and 8 in the long one.
 */
const growthMax = 1.5 * mebibyte;

async function run({ seed, scale }: Round, newTarget: Target): Promise<Findings> {
  await using target = newTarget;
  // 50,000 lives, when scale is 4.
  const options: MemoryOptions = { store: target.address, seed, lives: 782 * scale ** 3 };
  const flags = ['--no-warnings', '--expose-gc', script, JSON.stringify(options)];
  const { stdout } = await execute(process.execPath, flags);
  const { before, after, lives, commands, handled } = JSON.parse(stdout) as MemoryReport;
  const grown = after - before;
  return {
    // There is no fault but the time itself.
    faults: { 'long runs': 1 },
    load: { lives, commands, 'events handled': handled },
    peaks: {
      'KiB in use before': Math.round(before / 1024),
      'KiB in use after': Math.round(after / 1024),
    },
    losses:
      grown > growthMax
        ? [`the heap has grown by ${Math.round(grown / 1024)} KiB in ${lives} lives`]
        : [],
  };
}
