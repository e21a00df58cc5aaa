import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BenchmarkResult, BenchmarkSettings } from '../benchmark.ts';
import { check } from '../check.ts';
import { formatSpread } from '../format.ts';
import { commandsPerLife, eventsPerLife } from '../lives.ts';
import { ratioOf, spreadOf } from '../statistics.ts';
import { BenchDatabase } from './database.ts';

const worker = fileURLToPath(new URL('./worker.ts', import.meta.url));
const counts = [1, 2, 4] as const;

/** Commands per second of one, two and four engine processes on one database. */
export async function benchPostgresProcesses(
  settings: BenchmarkSettings,
): Promise<BenchmarkResult> {
  const rounds = settings.isQuick ? 1 : 5;
  const lives = settings.isQuick ? 1_000 : 8_000;
  const rates = new Map(counts.map((count) => [count, [] as number[]]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const count of counts) {
      settings.progress(`processes: ${count}, round ${round} of ${rounds}`);
      rates.get(count)?.push(await rateOf(count, lives));
    }
  }
  return report(rates, lives);
}

/** All of them together lead so many lives, each its own, and share the subscription. */
async function rateOf(count: number, lives: number): Promise<number> {
  await using database = await BenchDatabase.create();
  const share = Math.ceil(lives / count);
  const args = [database.url, database.schema, `${share}`];
  const workers: ChildProcess[] = [];
  // One after the other: the first one makes the tables.
  for (let index = 0; index < count; index += 1) {
    const child = fork(worker, args, {
      stdio: ['ignore', 2, 2, 'ipc'],
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    workers.push(child);
    await once(child, 'message');
  }
  const start = performance.now();
  const answers = workers.map((child) => once(child, 'message'));
  for (const child of workers) child.send('begin');
  for (const [answer] of await Promise.all(answers)) {
    check('commands accepted', answer.done, share * commandsPerLife);
  }
  await untilHandled(workers, share * count * eventsPerLife);
  const milliseconds = performance.now() - start;
  for (const child of workers) {
    child.send('end');
    await once(child, 'exit');
  }
  return (share * count * commandsPerLife * 1000) / milliseconds;
}

/** At least once is what is promised, so there may be more when a partition changed hands. */
async function untilHandled(workers: readonly ChildProcess[], count: number): Promise<void> {
  for (;;) {
    let handled = 0;
    for (const child of workers) {
      child.send('handled?');
      const [answer] = await once(child, 'message');
      handled += answer.handled;
    }
    if (handled >= count) return;
    await sleep(5);
  }
}

function report(rates: ReadonlyMap<number, number[]>, lives: number): BenchmarkResult {
  const [one = []] = rates.values();
  const perSecond = Object.fromEntries(
    [...rates].map(([count, samples]) => [count, spreadOf(samples)]),
  );
  const ratios = Object.fromEntries(
    [...rates].map(([count, samples]) => [count, ratioOf(samples, one)]),
  );
  return {
    data: { commands: lives * commandsPerLife, perSecond, ratios },
    figures: [...rates].map(([count, samples]) => ({
      name: `${count} engine process${count === 1 ? '' : 'es'}`,
      value: formatSpread(spreadOf(samples), 'commands/s'),
      note: `${formatSpread(ratioOf(samples, one), 'times one process')}`,
    })),
    limits:
      'The processors: on a machine of two cores, the database and one engine use both. Every ' +
      'process shares the feed, so its events are counted until the last one was handled.',
  };
}
