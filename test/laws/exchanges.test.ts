import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventSchemas } from '../../src/order/events/events.ts';
import { expectedBack, expectedCover } from '../../src/order/exchange.ts';
import type { LineUnits, Order } from '../../src/order/order.ts';
import {
  arbitraryAnswer,
  arbitraryPause,
  arbitraryReport,
  arbitraryRequest,
} from '../../src/testing/arbitraries.ts';
import { defaultPools } from '../../src/testing/arbitrary-place.ts';
import { arrivedOrder } from '../../src/testing/arbitrary-start.ts';
import { createOrderHarness, type OrderHarness } from '../../src/testing/harness.ts';
import { liveThrough } from '../../src/testing/life.ts';

// Goods that leave in advance are covered by units that come back. Whoever sends them trusts that.

const { rules } = createOrderHarness();
const runs = Number(process.env['ORDERCHART_LAW_RUNS'] ?? 300);

const about = ['exchange.request', 'return.close', 'payment.refund', 'order.credit', 'order.amend'];
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: arbitraryRequest().filter(({ type }) => about.includes(String(type))),
  },
  { weight: 4, arbitrary: arbitraryReport().filter(({ type }) => type === 'return.report') },
  { weight: 1, arbitrary: arbitraryReport() },
  { weight: 2, arbitrary: arbitraryAnswer() },
  { weight: 1, arbitrary: arbitraryPause() },
);
const lives = fc.tuple(arrivedOrder(defaultPools), fc.array(step, { maxLength: 15, size: 'max' }));

/** Shows `check` every order of random lives that expects units back; tells how many did. */
function whileExpecting(check: (order: Order, again: () => OrderHarness) => void): number {
  let reached = 0;
  fc.assert(
    fc.property(lives, ([start, steps]) => {
      const harness = createOrderHarness({ rules });
      liveThrough(harness, [...start, ...steps], () => {
        const { state, now: startAt } = harness;
        if (state === undefined) return;
        if ([...expectedBack(state.order).values()].every((units) => units === 0)) return;
        reached += 1;
        check(state.order, () => createOrderHarness({ rules, state, startAt }));
      });
    }),
    { numRuns: runs },
  );
  return reached;
}

const unitsOf = (lines: readonly LineUnits[], id: string) =>
  lines.find(({ lineId }) => lineId === id)?.units ?? 0;

/** Units of a line that returns still wait for, added up by the book. */
function onTheWay(order: Order, id: string): number {
  return order.returns
    .filter(({ decision, isClosed }) => decision !== 'declined' && !isClosed)
    .reduce(
      (sum, { requested, received }) =>
        sum + Math.max(0, unitsOf(requested, id) - unitsOf(received, id)),
      0,
    );
}

describe('units that are expected back', () => {
  it('Q5: exchanges in advance expect no more units than returns wait for, or hold uncredited', () => {
    const reached = whileExpecting((order) => {
      const expected = expectedBack(order);
      for (const { id, returned, creditedReturns } of order.lines) {
        const held = Math.max(0, returned - creditedReturns);
        expect(expected.get(id) ?? 0).toBeLessThanOrEqual(onTheWay(order, id) + held);
      }
    });
    expect(reached).toBeGreaterThan(runs);
  });

  it('Q5: what stands for goods in advance is credited when the units come and are accepted', () => {
    const reached = whileExpecting((order, again) => {
      const then = again();
      for (const { returnId, ship } of order.exchanges ?? []) {
        const entry = order.returns.find(({ id }) => id === returnId);
        if (ship !== 'inAdvance' || entry === undefined || entry.isClosed) continue;
        const told = { type: 'return.report', returnId, source: 'warehouse' };
        const { requested } = entry;
        then.execute({ ...told, outcome: 'received', lines: requested, reportId: 'in' });
        then.execute({ ...told, outcome: 'inspected', accepted: requested, reportId: 'fine' });
      }
      then.advance(0);
      const credited = then.events
        .filter(({ type }) => type === 'order.credited')
        .map(({ data }) => eventSchemas['order.credited'].parse(data).amount);
      const sum = credited.reduce((total, amount) => total + amount, 0);
      expect(sum).toBeGreaterThanOrEqual(expectedCover(order));
    });
    expect(reached).toBeGreaterThan(runs);
  });
});
