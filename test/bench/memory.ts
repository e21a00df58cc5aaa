import { startEngine } from '../../src/engine/create.ts';
import { settingsFrom } from '../../src/engine/options.ts';
import { createOrderEngine } from '../../src/index.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import type { BenchmarkResult, BenchmarkSettings } from './benchmark.ts';
import { check } from './check.ts';
import { formatNumber, formatSpread } from './format.ts';
import {
  commandsPerLife,
  eventsPerLife,
  type KeyedCommand,
  live,
  newLives,
  sendAll,
} from './lives.ts';
import { recordedCommits } from './recording-store.ts';
import { RuleRunner } from './rule-runner.ts';
import { rounded, spreadOf, type Times, timesOf } from './statistics.ts';
import { trivialRules } from './trivial-rules.ts';

type Lives = readonly (readonly KeyedCommand[])[];

/** The engine on the memory store, and what its parts cost by themselves. */
export async function benchMemory(settings: BenchmarkSettings): Promise<BenchmarkResult> {
  const rounds = settings.isQuick ? 2 : 7;
  const count = settings.isQuick ? 2_000 : 10_000;
  const samples: Samples = { engine: [], rules: [], store: [], around: [] };
  for (let round = 0; round <= rounds; round += 1) {
    settings.progress(`memory: round ${round} of ${rounds}`);
    const lives = newLives(count);
    const [engine, rules] = [await runEngine(lives), await runRules(lives)];
    const [store, around] = [await runStore(count), await runAround(lives)];
    // The first round warms everything up and is not counted.
    if (round === 0) continue;
    samples.engine.push(engine);
    samples.rules.push(rules);
    samples.store.push(store);
    samples.around.push(around);
  }
  return report(samples, count * commandsPerLife);
}

async function runEngine(lives: Lives): Promise<Times> {
  const engine = await createOrderEngine();
  globalThis.gc?.();
  const times = await timesOf(() => live(engine, lives));
  const { accepted, events } = engine.stats();
  check('commands accepted', accepted, lives.length * commandsPerLife);
  check('events recorded', events, lives.length * eventsPerLife);
  await engine.close();
  return times;
}

/** Parsing and deciding, without engine and store. */
function runRules(lives: Lives): Promise<Times> {
  const runner = new RuleRunner();
  globalThis.gc?.();
  return timesOf(() => {
    for (const life of lives) {
      runner.begin();
      for (const { command } of life) runner.execute(command);
      check('lifecycle at the end', runner.lifecycle, 'completed');
    }
  });
}

/** The memory store, given the commits. */
async function runStore(count: number): Promise<Times> {
  const commits = await recordedCommits(count);
  const store = createMemoryStore();
  await store.open();
  globalThis.gc?.();
  return timesOf(async () => {
    for (let at = 0; at < commits.length; at += 256)
      await store.commit(commits.slice(at, at + 256));
  });
}

/** The engine with rules that cost nothing, on the same commands. */
async function runAround(lives: Lives): Promise<Times> {
  const settings = settingsFrom({}, createMemoryStore);
  const engine = await startEngine(settings, trivialRules);
  globalThis.gc?.();
  const times = await timesOf(() => sendAll(engine, lives));
  const commands = lives.length * commandsPerLife;
  check('commands accepted', engine.stats().accepted, commands);
  check('events recorded', engine.stats().events, commands);
  await engine.close();
  return times;
}

/** A sample per round. */
interface Samples {
  readonly engine: Times[];
  readonly rules: Times[];
  readonly store: Times[];
  readonly around: Times[];
}

function report({ engine, rules, store, around }: Samples, commands: number): BenchmarkResult {
  const perSecond = spreadOf(engine.map(({ elapsed }) => (commands * 1000) / elapsed));
  const cost = (samples: readonly Times[]) =>
    spreadOf(samples.map(({ processor }) => (processor * 1000) / commands));
  const costs = {
    engine: cost(engine),
    rules: cost(rules),
    store: cost(store),
    aroundRules: cost(around),
  };
  const overheadPerSecond = 1e6 / costs.aroundRules.median;
  const unit = 'us of processor time';
  return {
    data: {
      commands,
      commandsPerSecond: perSecond,
      processorMicrosecondsPerCommand: costs,
      perProcessorSecondAroundRules: rounded(overheadPerSecond),
    },
    figures: [
      { name: 'engine in memory', value: formatSpread(perSecond, 'commands/s') },
      { name: 'a command in all', value: formatSpread(costs.engine, unit) },
      { name: 'the rules alone: parse, decide, apply', value: formatSpread(costs.rules, unit) },
      { name: 'the memory store alone', value: formatSpread(costs.store, unit) },
      {
        name: 'engine and store with trivial rules',
        value: formatSpread(costs.aroundRules, unit),
        note: 'copy, fingerprint, queue, envelopes, promises, store',
      },
      {
        name: 'the same per second of processor time',
        value: `${formatNumber(overheadPerSecond)} commands`,
        note: 'aim: 50,000 or more',
      },
    ],
    limits:
      'One thread. The rules: zod, the guards of six regions for each fact, immer, the laws. Then ' +
      'the garbage collector, for all that an order was and is stays on the heap.',
  };
}
