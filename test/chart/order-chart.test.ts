import fc from 'fast-check';
import { expect, it } from 'vitest';
import { learnChart } from '../../src/chart/index.ts';
import { orderDelays } from '../../src/order/lifecycle/delays.ts';
import { orderGuards } from '../../src/order/lifecycle/guards.ts';
import { orderMachineConfig } from '../../src/order/lifecycle/machine.ts';
import { type Luck, luck, luckyGuard, runs } from './random-chart.ts';
import { expectSameWalk, type Move, machineOf, walkOracle } from './walk.ts';

// The real chart of orders with random answers: every state that it can reach, and more.
const machine = machineOf({
  config: orderMachineConfig,
  guards: Object.fromEntries(Object.keys(orderGuards).map((name) => [name, luckyGuard(name)])),
  delays: Object.fromEntries(Object.keys(orderDelays).map((name) => [name, 1000])),
});

const eventTypes = [
  ...new Set(learnChart(machine).root.children.flatMap(eventTypesOf)),
  'fact.order.placed',
  'fact.payment.captured',
  'fact.shipment.delivered',
  'unheard.of',
];

function eventTypesOf(node: ReturnType<typeof learnChart>['root']): string[] {
  const own = node.transitions.filter(({ trigger }) => trigger === 'event');
  const plain = own.map(({ event }) => event).filter((event) => !event.includes('*'));
  return [...plain, ...node.children.flatMap(eventTypesOf)];
}

const moves: fc.Arbitrary<Move<Luck>[]> = fc.array(
  fc.oneof(
    {
      weight: 9,
      arbitrary: fc.record({
        context: luck,
        event: fc.record({ type: fc.constantFrom(...eventTypes) }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ context: luck, timer: fc.nat(9) }) },
  ),
  { minLength: 1, maxLength: 60, size: 'max' },
);

it('the learned chart of orders answers as XState does, cold, warm and with little memory', () => {
  const warm = learnChart<Luck>(machine);
  fc.assert(
    fc.property(moves, luck, fc.integer({ min: 1, max: 200 }), (walk, context, maximumEntries) => {
      const chart = learnChart<Luck>(machine);
      const walked = walkOracle(machine, chart, walk, context);
      expectSameWalk(chart, walked);
      expectSameWalk(chart, walked);
      expectSameWalk(warm, walked);
      const forgetful = learnChart<Luck>(machine, { maximumEntries });
      expectSameWalk(forgetful, walked);
      expect(forgetful.stats().entries).toBeLessThanOrEqual(maximumEntries);
    }),
    { numRuns: runs(60) },
  );
});
