import { expect, it } from 'vitest';
import { testUrl } from '../../postgres/server.ts';
import { describeProgram } from '../../services.ts';
import { type FaultTest, totalOf } from './fault-test.ts';

/** The seed of this run's faults; given in the name of every test that uses it. */
const faultSeed = Number(process.env['ORDERCHART_SEED'] ?? Date.now() % 1_000_000);

/** One round of a fault test as a test; `npm run soak -- --only <name>` runs many. */
export function faultTest(test: FaultTest): void {
  if (test.program === undefined) runOnce(test);
  else describeProgram(test.program, () => runOnce(test));
}

function runOnce({ promise, run }: FaultTest): void {
  // Longer than what the rounds wait for themselves, so that they tell what did not come about.
  it(`${promise} (ORDERCHART_SEED=${faultSeed})`, { timeout: 1_800_000 }, async () => {
    const findings = await run({
      seed: faultSeed,
      scale: 1,
      // Only those on Postgres need one.
      get url() {
        return testUrl();
      },
      progress: () => {},
    });
    expect(findings.losses).toEqual([]);
    // Without a fault or without load nothing was proved.
    expect(totalOf(findings.faults)).toBeGreaterThan(0);
    expect(totalOf(findings.load)).toBeGreaterThan(0);
  });
}
