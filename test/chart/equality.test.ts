import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { learnChart } from '../../src/chart/index.ts';
import { type Luck, luck, randomChart, randomMoves, runs } from './random-chart.ts';
import { learnShop, type Shop, shop } from './shop-chart.ts';
import { expectSameWalk, type Move, machineOf, walkOracle } from './walk.ts';

const shopState: fc.Arbitrary<Shop> = fc.record({
  paid: fc.boolean(),
  held: fc.boolean(),
  shipped: fc.nat(3),
  units: fc.constant(2),
});

const shopEvents = ['confirm', 'cancel', 'annotate', 'recount'].map((name) => `order.${name}`);
const shopMoves: fc.Arbitrary<Move<Shop>[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        context: shopState,
        event: fc.record({
          type: fc.constantFrom(...shopEvents, 'fact.paid', 'fact.shipped', 'wrapUp', 'unheard'),
        }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ context: shopState, timer: fc.nat(3) }) },
  ),
  { minLength: 1, maxLength: 60, size: 'max' },
);

describe('a learned chart answers as XState does', () => {
  it('on a small order', () => {
    const machine = machineOf(shop);
    fc.assert(
      fc.property(shopMoves, shopState, fc.integer({ min: 1, max: 30 }), (moves, context, few) => {
        const chart = learnShop();
        const walked = walkOracle(machine, chart, moves, context);
        expectSameWalk(chart, walked);
        expectSameWalk(chart, walked);
        expectSameWalk(learnShop(few), walked);
      }),
      { numRuns: runs(60) },
    );
  });

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
      { numRuns: runs(200) },
    );
  });
});
