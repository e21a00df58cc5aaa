import { performance } from 'node:perf_hooks';

/** What several rounds of the same measurement came to. */
export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** Median, lowest and highest, to three significant digits. */
export function spreadOf(samples: readonly number[]): Spread {
  const sorted = samples.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
  return {
    median: rounded(median),
    lowest: rounded(sorted[0] ?? Number.NaN),
    highest: rounded(sorted.at(-1) ?? Number.NaN),
  };
}

/** Ratios of two contenders, round by round: both were measured right after each other. */
export function ratioOf(ones: readonly number[], others: readonly number[]): Spread {
  return spreadOf(ones.map((one, round) => one / (others[round] ?? Number.NaN)));
}

export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** What a piece of work took, in milliseconds. */
export interface Times {
  readonly elapsed: number;
  /** Of all threads, those that collect garbage too; others on the machine hardly matter to it. */
  readonly processor: number;
}

export async function timesOf(work: () => Promise<unknown> | unknown): Promise<Times> {
  const used = process.cpuUsage();
  const elapsed = await millisecondsOf(work);
  const { user, system } = process.cpuUsage(used);
  return { elapsed, processor: (user + system) / 1000 };
}

/** Milliseconds that `work` takes. */
export async function millisecondsOf(work: () => Promise<unknown> | unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
