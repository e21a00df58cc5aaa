import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import type { LargeOrdersOptions, LargeOrdersReport } from './kit/large-orders-process.ts';

const execute = promisify(execFile);
const script = fileURLToPath(new URL('./kit/large-orders-process.ts', import.meta.url));

/** In a heap of 300 MB. */
async function run(given: Partial<LargeOrdersOptions>): Promise<LargeOrdersReport> {
  const folder = await mkdtemp(join(tmpdir(), 'orderchart-large-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const options = { path: join(folder, 'orders.db'), orders: 300, textLength: 900_000, ...given };
  const flags = ['--no-warnings', '--max-old-space-size=300', script, JSON.stringify(options)];
  const { stdout } = await execute(process.execPath, flags);
  return JSON.parse(stdout) as LargeOrdersReport;
}

/** Ends a test that hangs; a busy machine takes its time to write half a gigabyte. */
const timeout = { timeout: 600_000 };

it(
  '300 orders of 900 kB are placed, changed, read and handled in a heap of 300 MB',
  timeout,
  async () => {
    const report = await run({});
    expect(report).toMatchObject({ changed: 300, read: 600, handled: 600 });
    expect(report.cachedBytes).toBeLessThanOrEqual(64_000_000);
    expect(report.cachedBytes).toBeGreaterThan(10_000_000);
  },
);

it(
  'without a bound on the cache the process ends, so the heap is small enough to tell',
  timeout,
  async () => {
    await expect(run({ orders: 500, cacheBytes: 10 ** 12 })).rejects.toThrow(/heap/);
  },
);
