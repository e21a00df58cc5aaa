/** What `npm run mutate` changes together, and the tests that must notice. */
export interface Half {
  readonly name: string;
  /** Folders of `src`. */
  readonly mutated: readonly string[];
  /** Patterns of test files. */
  readonly tests: readonly string[];
  /** Of them, those that read the sources, or modules of their own: changed code is not theirs. */
  readonly without: readonly string[];
  /** Whether its tests share one copy of all modules, which saves seconds per change. */
  readonly isShared: boolean;
}

/** The variable that tells vitest.config.ts which half is mutated. */
export const halfVariable = 'ORDERCHART_MUTATED_HALF';

export const halves: readonly Half[] = [
  {
    name: 'rules',
    mutated: ['src/order', 'src/rules', 'src/chart'],
    tests: ['test/order/**/*.test.ts', 'test/laws/**/*.test.ts', 'test/chart/**/*.test.ts'],
    without: ['test/order/peers/catalogue.test.ts', 'test/order/refusal-catalogue.test.ts'],
    // Pure code keeps nothing between tests.
    isShared: true,
  },
  {
    name: 'engine',
    mutated: ['src/engine/timers', 'src/engine/commands', 'src/engine/subscriptions'],
    tests: ['test/engine/**/*.test.ts'],
    without: [],
    isShared: false,
  },
];

/** @throws TypeError when no half has the name. */
export function halfNamed(name: string): Half {
  const found = halves.find((half) => half.name === name);
  if (found) return found;
  throw new TypeError(`No half "${name}": ${halves.map((half) => half.name).join(', ')}.`);
}
