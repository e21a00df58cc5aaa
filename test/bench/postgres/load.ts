import type { OrderEngine } from '../../../src/engine/api.ts';
import { createOrderEngine } from '../../../src/index.ts';
import type { BenchmarkResult, BenchmarkSettings } from '../benchmark.ts';
import { formatNumber } from '../format.ts';
import { commandsPerLife, eventsPerLife, type KeyedCommand, live, newLives } from '../lives.ts';
import { millisecondsOf, rounded } from '../statistics.ts';
import { BenchDatabase } from './database.ts';

/** What callers and handlers waited, in milliseconds. */
interface Waits {
  /** From calling `execute` to its answer. */
  readonly answers: number[];
  /** From the answer's arrival at the engine, when the commit is known, to the handler. */
  readonly deliveries: number[];
}

/** Latency and delivery lag at half of the load that the engine can hold. */
export async function benchPostgresLoad(settings: BenchmarkSettings): Promise<BenchmarkResult> {
  const seconds = settings.isQuick ? 3 : 30;
  await using database = await BenchDatabase.create();
  const engine = await createOrderEngine({ store: database.store() });
  const committed = new Map<string, number>();
  const waits: Waits = { answers: [], deliveries: [] };
  engine.on('*', ({ id }) => committed.set(id, performance.now()));
  await engine.subscribe({
    name: 'reader',
    from: 'beginning',
    concurrency: 1_000,
    handler: ({ id }) => {
      const at = committed.get(id);
      if (at !== undefined) waits.deliveries.push(performance.now() - at);
      committed.delete(id);
    },
  });
  settings.progress('load: how much it can hold');
  const highest = await highestRate(engine, settings.isQuick ? 1_000 : 6_000);
  clear(waits);
  settings.progress(`load: ${seconds} seconds at half of ${formatNumber(highest)} commands/s`);
  const held = await hold(engine, highest / 2, seconds, waits);
  await engine.idle();
  await engine.close();
  return report(highest, held, waits);
}

function clear({ answers, deliveries }: Waits): void {
  answers.length = 0;
  deliveries.length = 0;
}

/** As many commands per second as go through when callers wait for each other's answers. */
async function highestRate(engine: OrderEngine, count: number): Promise<number> {
  await live(engine, newLives(count >> 2));
  const milliseconds = await millisecondsOf(() => live(engine, newLives(count)));
  return (count * commandsPerLife * 1000) / milliseconds;
}

/**
 * Begins lives at this rate whatever the answers do, as customers would; gives how many commands
 * per second were answered. A latency counts from the moment at which the command should have
 * been sent, so that a stall is not hidden by the commands that were not sent because of it.
 */
async function hold(
  engine: OrderEngine,
  rate: number,
  seconds: number,
  { answers }: Waits,
): Promise<number> {
  const count = Math.round((rate * seconds) / commandsPerLife);
  const lives = newLives(count);
  const gapMs = (1000 * commandsPerLife) / rate;
  const start = performance.now();
  const going: Promise<void>[] = [];
  for (const [index, life] of lives.entries()) {
    const dueAt = start + index * gapMs;
    while (performance.now() < dueAt) await new Promise((resolve) => setImmediate(resolve));
    going.push(leadOne(engine, life, dueAt, answers));
  }
  await Promise.all(going);
  return (count * commandsPerLife * 1000) / (performance.now() - start);
}

async function leadOne(
  engine: OrderEngine,
  life: readonly KeyedCommand[],
  dueAt: number,
  answers: number[],
): Promise<void> {
  let sentAt = dueAt;
  for (const { command, idempotencyKey } of life) {
    await engine.execute(command, { idempotencyKey });
    const answeredAt = performance.now();
    answers.push(answeredAt - sentAt);
    sentAt = answeredAt;
  }
}

/** The value that this share of the samples does not exceed. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = Float64Array.from(samples).sort();
  return rounded(
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN,
  );
}

function report(highest: number, held: number, { answers, deliveries }: Waits): BenchmarkResult {
  const both = (samples: readonly number[]) => ({
    p50: percentile(samples, 0.5),
    p99: percentile(samples, 0.99),
    highest: percentile(samples, 1),
  });
  const latency = both(answers);
  const lag = both(deliveries);
  const told = ({ p50, p99, highest: most }: typeof latency) =>
    `p50 ${formatNumber(p50)} ms, p99 ${formatNumber(p99)} ms, highest ${formatNumber(most)} ms`;
  return {
    data: {
      highestPerSecond: rounded(highest),
      heldPerSecond: rounded(held),
      commands: answers.length,
      events: deliveries.length,
      latencyMs: latency,
      deliveryLagMs: lag,
      eventsPerLife,
    },
    figures: [
      { name: 'load it can hold', value: `${formatNumber(highest)} commands/s` },
      { name: 'load held: half of it', value: `${formatNumber(held)} commands/s` },
      { name: 'latency of a command', value: told(latency) },
      { name: 'from commit to handler', value: told(lag) },
    ],
    limits:
      'A batch: a command waits for the one that is being written, then for its own, and the ' +
      'handler for a read of the feed. The highest are stalls of the machine or of the disk.',
  };
}
