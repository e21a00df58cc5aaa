/** What one round of faults came to. */
export interface Findings {
  /** What was done to it, for example `processes killed`, and how often. */
  readonly faults: Readonly<Record<string, number>>;
  /** What it bore meanwhile, for example `commands acknowledged`. */
  readonly load: Readonly<Record<string, number>>;
  /** The highest of what was measured, for example `ms to drain`; of several rounds the highest. */
  readonly peaks?: Readonly<Record<string, number>>;
  /** Every broken promise, in words; empty when all were kept. */
  readonly losses: readonly string[];
}

/** What a round is given. */
export interface Round {
  /** Chooses every fault; the same seed makes the same choices. */
  readonly seed: number;
  /** 1 in `npm test`; the soak run takes more, for more load and more faults in one round. */
  readonly scale: number;
  /** The address of a PostgreSQL server on which the round may make schemas and databases. */
  readonly url: string;
  /** Says how far it is, where somebody watches. */
  readonly progress: (text: string) => void;
}

/**
 * A test that makes faults and looks for losses. Its short form is one round in `npm test`
 * (faultTest in ./short-form.ts), its long form many of them in `npm run soak`.
 */
export interface FaultTest {
  /** For `npm run soak -- --only`. */
  readonly name: string;
  /** The sentence that the test proves; the name of the short form. */
  readonly promise: string;
  /** A program that it needs and that is not a dependency: passed over, with a word, without it. */
  readonly program?: string;
  readonly run: (round: Round) => Promise<Findings>;
}

/** Adds findings up, name by name. */
export function addFindings(sum: Findings, more: Findings): Findings {
  return {
    faults: added(sum.faults, more.faults),
    load: added(sum.load, more.load),
    peaks: highest(sum.peaks, more.peaks),
    losses: [...sum.losses, ...more.losses],
  };
}

export const noFindings: Findings = { faults: {}, load: {}, losses: [] };

function added(one: Findings['load'], other: Findings['load']): Findings['load'] {
  const sum = { ...one };
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

function highest(one: Findings['load'] = {}, other: Findings['load'] = {}): Findings['load'] {
  const peaks = { ...one };
  for (const [name, peak] of Object.entries(other)) {
    peaks[name] = Math.max(peaks[name] ?? 0, peak);
  }
  return peaks;
}

/** The whole of a record of counts. */
export function totalOf(counts: Findings['load']): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
