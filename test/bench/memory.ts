import { createOrderEngine } from '../../src/index.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import type { BenchmarkResult, BenchmarkSettings } from './benchmark.ts';
import { check } from './check.ts';
import { formatNumber, formatSpread } from './format.ts';
import { commandsPerLife, eventsPerLife, type KeyedCommand, live, newLives } from './lives.ts';
import { recordedCommits } from './recording-store.ts';
import { RuleRunner } from './rule-runner.ts';
import { millisecondsOf, rounded, spreadOf } from './statistics.ts';

type Lives = readonly (readonly KeyedCommand[])[];

/** The engine on the memory store, and what its parts cost by themselves. */
export async function benchMemory(settings: BenchmarkSettings): Promise<BenchmarkResult> {
  const rounds = settings.isQuick ? 2 : 7;
  const count = settings.isQuick ? 2_000 : 10_000;
  const engine: number[] = [];
  const rules: number[] = [];
  const store: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    settings.progress(`memory: round ${round} of ${rounds}`);
    const lives = newLives(count);
    const samples = [await runEngine(lives), runRules(lives), await runStore(count)];
    // The first round warms everything up and is not counted.
    if (round === 0) continue;
    for (const [at, list] of [engine, rules, store].entries()) {
      list.push((count * commandsPerLife * 1000) / (samples[at] ?? Number.NaN));
    }
  }
  return report({ engine, rules, store }, count);
}

async function runEngine(lives: Lives): Promise<number> {
  const engine = await createOrderEngine();
  globalThis.gc?.();
  const milliseconds = await millisecondsOf(() => live(engine, lives));
  const { accepted, events } = engine.stats();
  check('commands accepted', accepted, lives.length * commandsPerLife);
  check('events recorded', events, lives.length * eventsPerLife);
  await engine.close();
  return milliseconds;
}

/** Parsing and deciding, without engine and store. */
function runRules(lives: Lives): number {
  const runner = new RuleRunner();
  globalThis.gc?.();
  const start = performance.now();
  for (const life of lives) {
    runner.begin();
    for (const { command } of life) runner.execute(command);
    check('lifecycle at the end', runner.lifecycle, 'completed');
  }
  return performance.now() - start;
}

/** The memory store, given the commits. */
async function runStore(count: number): Promise<number> {
  const commits = await recordedCommits(count);
  const store = createMemoryStore();
  await store.open();
  globalThis.gc?.();
  return millisecondsOf(async () => {
    for (let at = 0; at < commits.length; at += 256)
      await store.commit(commits.slice(at, at + 256));
  });
}

interface Rates {
  readonly engine: readonly number[];
  readonly rules: readonly number[];
  readonly store: readonly number[];
}

function report(rates: Rates, count: number): BenchmarkResult {
  const perSecond = {
    engine: spreadOf(rates.engine),
    rules: spreadOf(rates.rules),
    store: spreadOf(rates.store),
  };
  const microseconds = {
    engine: 1e6 / perSecond.engine.median,
    rules: 1e6 / perSecond.rules.median,
    store: 1e6 / perSecond.store.median,
  };
  const rest = microseconds.engine - microseconds.rules - microseconds.store;
  const overheadPerSecond = 1e6 / (microseconds.engine - microseconds.rules);
  return {
    data: {
      commands: count * commandsPerLife,
      perSecond,
      microsecondsPerCommand: {
        engine: rounded(microseconds.engine),
        rules: rounded(microseconds.rules),
        store: rounded(microseconds.store),
        rest: rounded(rest),
      },
      withoutRulesPerSecond: rounded(overheadPerSecond),
    },
    figures: [
      { name: 'engine in memory', value: formatSpread(perSecond.engine, 'commands/s') },
      {
        name: 'rules alone (parse, decide, apply)',
        value: formatSpread(perSecond.rules, 'commands/s'),
      },
      { name: 'memory store alone', value: formatSpread(perSecond.store, 'commands/s') },
      {
        name: 'engine without its rules',
        value: `${formatNumber(overheadPerSecond)} commands/s`,
        note: 'aim: 50,000 or more',
      },
      {
        name: 'where a command spends its time',
        value:
          `${formatNumber(microseconds.rules)} us rules, ${formatNumber(microseconds.store)} us ` +
          `store, ${formatNumber(rest)} us copy, fingerprint, queue, envelopes, promises`,
      },
    ],
    limits: 'One thread. The rules: zod, the guards of six regions for each fact, immer, the laws.',
  };
}
