/** What a benchmark is told. */
export interface BenchmarkSettings {
  /** Fewer and shorter rounds: to see that it works, not to quote. */
  readonly isQuick: boolean;
  /** Where files are written. */
  readonly folder: string;
  /** Says how far it is, for people. */
  readonly progress: (text: string) => void;
}

/** One line of a report: a figure, its unit, and what limits it. */
export interface Figure {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
}

/** What a benchmark found, for programs and for people. */
export interface BenchmarkResult {
  readonly data: object;
  readonly figures: readonly Figure[];
  readonly limits: string;
}

/** A result as its process hands it over. */
export interface FinishedResult extends BenchmarkResult {
  /** Processor time by elapsed time: well below 1, it waited for the disk or for its turn. */
  readonly data: object & { readonly processorShare: number };
}

export interface Benchmark {
  readonly title: string;
  readonly run: (settings: BenchmarkSettings) => Promise<BenchmarkResult>;
  /** Runs only when it is named: it takes longer than all the others. */
  readonly isLong?: boolean;
}
