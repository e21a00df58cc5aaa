import fc from 'fast-check';
import { arbitraryLife, isAnswer } from '../../src/testing/arbitraries.ts';
import type { BenchmarkResult, BenchmarkSettings } from './benchmark.ts';
import { benchChart, type ChartRates } from './chart.ts';
import { check } from './check.ts';
import { formatNumber } from './format.ts';
import { lifeOf } from './lives.ts';
import { RuleRunner } from './rule-runner.ts';
import { rounded } from './statistics.ts';

/** The learned chart against XState, and what learning costs. */
export async function benchLearnedChart(settings: BenchmarkSettings): Promise<BenchmarkResult> {
  settings.progress('chart: steps of the learned chart and of XState');
  const { orderChart, smallChart } = await benchChart();
  check('a learned chart', orderChart.entries > 0 && smallChart.entries > 0, true);
  settings.progress('chart: learning from the lives of orders');
  const common = learn(commonLives());
  const varied = learn(variedLives(settings.isQuick ? 500 : 3_000));
  return report(orderChart, smallChart, common, varied);
}

/** What it took to learn the chart from some lives. */
interface Learning {
  readonly lives: number;
  readonly steps: number;
  readonly misses: number;
  readonly entries: number;
  /** The first pass, which learns, less the second, which remembers. */
  readonly learningMs: number;
  /** Of the last tenth of the lives. */
  readonly lateHitRate: number;
}

type Life = readonly object[];

function learn(lives: readonly Life[]): Learning {
  const runner = new RuleRunner();
  const late = Math.floor(lives.length * 0.9);
  let beforeLate = runner.chart.chart.stats();
  const firstMs = timed(() => {
    for (const [at, life] of lives.entries()) {
      if (at === late) beforeLate = runner.chart.chart.stats();
      lead(runner, life);
    }
  });
  const { entries, hits, misses } = runner.chart.chart.stats();
  const secondMs = timed(() => {
    for (const life of lives) lead(runner, life);
  });
  check('misses of the second pass', runner.chart.chart.stats().misses, misses);
  const lateSteps = hits + misses - beforeLate.hits - beforeLate.misses;
  return {
    lives: lives.length,
    steps: hits + misses,
    misses,
    entries,
    learningMs: rounded(Math.max(0, firstMs - secondMs)),
    lateHitRate: rounded(1 - (misses - beforeLate.misses) / lateSteps),
  };
}

function lead(runner: RuleRunner, life: Life): void {
  runner.begin();
  for (const command of life) runner.tryToExecute(command);
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** The same way through the lifecycle, as most orders go it. */
function commonLives(): readonly Life[] {
  return Array.from({ length: 1_000 }, (_, index) =>
    lifeOf(`order-${index}`, index).map(({ command }) => command),
  );
}

/** Random lives, as the property tests lead them: far more ways than a shop meets. */
function variedLives(count: number): readonly Life[] {
  return fc
    .sample(arbitraryLife(), { numRuns: count, seed: 42 })
    .map((steps) => steps.filter((step) => typeof step !== 'number' && !isAnswer(step)))
    .map((steps) => steps.map((step) => ({ orderId: 'order', ...(step as object) })));
}

function report(
  orderChart: ChartRates,
  smallChart: ChartRates,
  common: Learning,
  varied: Learning,
): BenchmarkResult {
  return {
    data: { orderChart, smallChart, learning: { common, varied } },
    figures: [
      {
        name: "chart of orders / XState's transition()",
        value:
          `${formatNumber(orderChart.ratio)} times as fast (${formatNumber(orderChart.learnedPerSecond)} ` +
          `against ${formatNumber(orderChart.xstatePerSecond)} steps/s)`,
        note: 'aim: 100 or more',
      },
      {
        name: 'small chart / the same',
        value:
          `${formatNumber(smallChart.ratio)} times as fast (${formatNumber(smallChart.learnedPerSecond)} ` +
          `against ${formatNumber(smallChart.xstatePerSecond)} steps/s)`,
      },
      { name: 'learning the common life', value: describe(common) },
      { name: 'learning random lives', value: describe(varied) },
    ],
    limits:
      'A step walks a decision tree and asks the guards: in the order chart some 15 questions, which ' +
      'here cost next to nothing. A miss costs a step of XState with recording guards.',
  };
}

function describe({ lives, steps, misses, entries, learningMs, lateHitRate }: Learning): string {
  const rate = (lateHitRate * 100).toFixed(1);
  return (
    `${formatNumber(learningMs)} ms, ${formatNumber(entries)} entries, ${formatNumber(misses)} ` +
    `misses of ${formatNumber(steps)} steps in ${formatNumber(lives)} lives, ${rate} % hits at the end`
  );
}
