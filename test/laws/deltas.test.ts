import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OrderEvent } from '../../src/order/envelope.ts';
import type { LineUnits, Order } from '../../src/order/order.ts';
import { arbitraryLife } from '../../src/testing/arbitraries.ts';
import { createOrderHarness } from '../../src/testing/harness.ts';
import { liveThrough } from '../../src/testing/life.ts';

/** Compiled once: what is learned in one run serves the next. */
const { rules } = createOrderHarness();

const runs = Number(process.env['ORDERCHART_LAW_RUNS'] ?? 300);

function lives(check: (order: Order, events: readonly OrderEvent[]) => void): void {
  fc.assert(
    fc.property(arbitraryLife(), (steps) => {
      const harness = createOrderHarness({ rules });
      liveThrough(harness, steps);
      if (harness.state !== undefined) check(harness.state.order, harness.events);
    }),
    { numRuns: runs },
  );
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe('what events add: a sum over all of them is what the order has', () => {
  it('money: authorized apart from sales, captured, refunded and bounced', () => {
    lives((order, events) => {
      const told = (type: string) =>
        sum(events.filter((event) => event.type === type).map(({ data }) => Number(data['delta'])));
      const moved = (kind: string) =>
        sum(
          order.payments
            .flatMap(({ movements }) => movements)
            .filter((movement) => movement.kind === kind)
            .map(({ amount }) => amount),
        );
      expect(told('payment.authorized')).toBe(moved('authorized'));
      expect(told('payment.captured')).toBe(sum(order.payments.map(({ captured }) => captured)));
      expect(told('payment.voided')).toBe(moved('voided'));
      expect(told('payment.refunded') - told('payment.refund_reversed')).toBe(
        sum(order.payments.map(({ refunded }) => refunded)),
      );
    });
  });

  it('money of disputes: withdrawn, by whichever report, and reinstated', () => {
    lives((order, events) => {
      const told = (...types: string[]) =>
        sum(
          events
            .filter(({ type }) => types.includes(type))
            .map(({ data }) => Number(data['delta'])),
        );
      const disputes = order.payments.flatMap((payment) => payment.disputes ?? []);
      expect(told('payment.dispute_withdrawn', 'payment.dispute_lost')).toBe(
        sum(disputes.map(({ withdrawn }) => withdrawn)),
      );
      expect(told('payment.dispute_reinstated')).toBe(
        sum(disputes.map(({ reinstated }) => reinstated)),
      );
    });
  });

  it('units: handed over, delivered, lost, returned to sender and returned, line by line', () => {
    lives((order, events) => {
      const told = (lineId: string, ...types: string[]) =>
        sum(
          events
            .filter(({ type }) => types.includes(type))
            .flatMap(({ data }) => data['delta'] as unknown as readonly LineUnits[])
            .filter((raised) => raised.lineId === lineId)
            .map(({ units }) => units),
        );
      for (const { id, shipped, delivered, lost, returnedToSender, returned } of order.lines) {
        const handedOver = told(id, 'shipment.dispatched', 'fulfillment.granted');
        expect(handedOver - told(id, 'shipment.voided')).toBe(shipped);
        expect(told(id, 'shipment.delivered', 'fulfillment.granted')).toBe(delivered);
        expect(told(id, 'shipment.lost')).toBe(lost);
        expect(told(id, 'shipment.returned_to_sender')).toBe(returnedToSender);
        expect(told(id, 'return.received') - told(id, 'return.sent_back')).toBe(returned);
      }
    });
  });

  it('units judged, return by return', () => {
    lives((order, events) => {
      const judged = events.filter(({ type }) => type === 'return.inspected');
      for (const verdict of ['accepted', 'rejected'] as const) {
        const told = judged.flatMap(
          ({ data }) => data[`${verdict}Delta`] as unknown as readonly LineUnits[],
        );
        const known = order.returns.flatMap((entry) => entry[verdict]);
        expect(sum(told.map(({ units }) => units))).toBe(sum(known.map(({ units }) => units)));
      }
    });
  });

  it('every amount comes with its currency', () => {
    lives(({ currency }, events) => {
      for (const { type, data } of events) {
        if ('amount' in data) expect([type, data['currency']]).toEqual([type, currency]);
      }
    });
  });
});
