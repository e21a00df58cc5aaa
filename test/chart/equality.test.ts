import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { learnChart } from '../../src/chart/index.ts';
import { type Luck, luck, randomChart, randomMoves } from './random-chart.ts';
import { expectSameWalk, machineOf, walkOracle } from './walk.ts';

describe('a learned chart answers as XState does', () => {
  it('on random charts: cold, warm, and with hardly any memory', () => {
    fc.assert(
      fc.property(
        randomChart,
        randomMoves,
        luck,
        fc.integer({ min: 1, max: 12 }),
        (definition, moves, context, few) => {
          const machine = machineOf(definition);
          const chart = learnChart<Luck>(machine);
          const walked = walkOracle(machine, chart, moves, context);
          expectSameWalk(chart, walked);
          const { misses } = chart.stats();
          expectSameWalk(chart, walked);
          const loops = walked.filter(({ expected }) => expected === undefined).length;
          expect(chart.stats().misses).toBe(misses + loops);
          const forgetful = learnChart<Luck>(machine, { maximumEntries: few });
          expectSameWalk(forgetful, walked);
          expectSameWalk(forgetful, walked);
          expect(forgetful.stats().entries).toBeLessThanOrEqual(few);
        },
      ),
      { numRuns: 300 },
    );
  });
});
