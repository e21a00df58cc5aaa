import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { disputedOf } from '../../src/order/disputes.ts';
import { eventSchemas, isEventType } from '../../src/order/events/events.ts';
import { figuresOf, remainingOf } from '../../src/order/figures.ts';
import { brokenLaws, isFulfilled } from '../../src/order/laws.ts';
import type { LineUnits, Order } from '../../src/order/order.ts';
import { clockToleranceMs } from '../../src/rules/report-time.ts';
import { arbitraryLife, arbitraryPause, arbitraryReport } from '../../src/testing/arbitraries.ts';
import { createOrderHarness, type OrderHarness } from '../../src/testing/harness.ts';
import { liveThrough } from '../../src/testing/life.ts';

/** Compiled once: what is learned in one run serves the next. */
const { rules } = createOrderHarness();

const runs = Number(process.env['ORDERCHART_LAW_RUNS'] ?? 300);

/** Every order a life leads through keeps the law, or has said that it does not. */
function always(check: (order: Order, harness: OrderHarness) => void): void {
  fc.assert(
    fc.property(arbitraryLife(), (steps) => {
      const harness = createOrderHarness({ rules });
      liveThrough(harness, steps, () => {
        if (harness.state !== undefined) check(harness.state.order, harness);
      });
    }),
    { numRuns: runs },
  );
}

/** A ledger law is kept, or its breach is an open discrepancy, or somebody accepted it. */
function keptOrFlagged(law: string): void {
  always((order) => {
    const known = [...order.discrepancies.open, ...order.discrepancies.accepted];
    for (const breach of brokenLaws(order).filter((broken) => broken.law === law)) {
      expect(known).toContainEqual(expect.objectContaining({ law, subject: breach.subject }));
    }
    for (const open of order.discrepancies.open.filter((entry) => entry.law === law)) {
      expect(brokenLaws(order)).toContainEqual(
        expect.objectContaining({ law, subject: open.subject }),
      );
    }
  });
}

/** A request never leaves a law broken that was kept before. */
function requestsKeep(law: string): void {
  fc.assert(
    fc.property(arbitraryLife(), (steps) => {
      const harness = createOrderHarness({ rules });
      let before: ReturnType<typeof brokenLaws> = [];
      for (const step of steps) {
        liveThrough(harness, [step]);
        const after = harness.state === undefined ? [] : brokenLaws(harness.state.order);
        const isRequest = typeof step === 'object' && !String(step['type']).match(/report|answer/);
        if (isRequest) {
          const broken = (list: typeof after) => list.filter((entry) => entry.law === law).length;
          expect(broken(after)).toBeLessThanOrEqual(broken(before));
        }
        before = after;
      }
    }),
    { numRuns: runs },
  );
}

describe('laws of units', () => {
  for (const law of ['Q1', 'Q2', 'Q3', 'F1']) {
    it(`${law}: a report that breaks it is flagged for as long as it does`, () => {
      keptOrFlagged(law);
    });
    it(`${law}: no request breaks it`, () => requestsKeep(law));
  }

  it('Q1: shipped is what the shipments dispatched and did not void', () => {
    always((order) => {
      for (const { id, shipped } of order.lines) {
        const unitsOf = (list: readonly LineUnits[]) =>
          list.find(({ lineId }) => lineId === id)?.units ?? 0;
        const left = order.shipments.map(({ dispatched, voided }) =>
          Math.max(0, unitsOf(dispatched) - unitsOf(voided)),
        );
        expect(left.reduce((sum, units) => sum + units, 0)).toBe(shipped);
      }
    });
  });

  it('Q1: every count is zero or more, whatever is reported', () => {
    always((order) => {
      for (const line of order.lines) {
        const { ordered, cancelled, shipped, delivered, lost, returned } = line;
        for (const count of [ordered, cancelled, shipped, delivered, lost, returned]) {
          expect(count).toBeGreaterThanOrEqual(0);
        }
      }
    });
  });
});

describe('laws of money', () => {
  for (const law of ['M1', 'M2', 'M3', 'M6']) {
    it(`${law}: a report that breaks it is flagged for as long as it does`, () => {
      keptOrFlagged(law);
    });
    it(`${law}: no request breaks it`, () => requestsKeep(law));
  }

  it('M2: authorized is captured, released and remaining', () => {
    always((order) => {
      for (const payment of order.payments) {
        expect(payment.captured + payment.released + remainingOf(payment)).toBe(payment.authorized);
      }
    });
  });

  it('M4: net is what was captured less what was refunded, balance is the total less net', () => {
    always((order) => {
      const sum = (field: 'captured' | 'refunded') =>
        order.payments.reduce((total, payment) => total + payment[field], 0);
      const disputed = order.payments.reduce((total, payment) => total + disputedOf(payment), 0);
      const { net, balance, currentTotal } = figuresOf(order);
      expect(net).toBe(sum('captured') - sum('refunded') - disputed);
      expect(balance).toBe(currentTotal - net);
    });
  });

  it('M5: the total is the sum of the components, and a refund the sum of its allocation', () => {
    always((order, { events }) => {
      const parts = [...order.lines, ...order.charges].map(({ net, tax }) => net + tax);
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(order.total);
      const last = events.at(-1);
      if (last?.type !== 'payment.refund_requested') return;
      const { allocation, amount } = eventSchemas['payment.refund_requested'].parse(last.data);
      expect(allocation.reduce((sum, part) => sum + part.amount, 0)).toBe(amount);
    });
  });

  it('M8: every figure is a safe integer', () => {
    always((order) => {
      for (const figure of Object.values(figuresOf(order))) {
        expect(Number.isSafeInteger(figure)).toBe(true);
      }
    });
  });

  it('M9: an operation has one id from the request to its outcome, and ids are never used twice', () => {
    always((_, { events }) => {
      const asked = events
        .filter(({ type }) => type.endsWith('_requested') && type.startsWith('payment.'))
        .map(({ data }) => data['operationId']);
      expect(new Set(asked).size).toBe(asked.length);
    });
  });

  it('M10: a payment has at most one operation that can still move money', () => {
    always((order) => {
      for (const payment of order.payments) {
        const { capturePending, refundPending } = payment;
        expect(capturePending > 0 && refundPending > 0).toBe(false);
        const pending = payment.operations.filter(({ state }) => state === 'pending');
        const able = pending.filter(({ kind }) =>
          kind === 'refund' ? refundPending > 0 : kind === 'capture' ? capturePending > 0 : false,
        );
        expect(able.length).toBeLessThanOrEqual(1);
      }
    });
  });
});

describe('laws of the life', () => {
  it('L1: versions grow by one per event, without gaps', () => {
    always((_, { events }) => {
      expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 1));
    });
  });

  it('L2: a report told again changes nothing', () => {
    fc.assert(
      fc.property(arbitraryLife(), arbitraryReport(), (steps, report) => {
        const harness = createOrderHarness({ rules });
        liveThrough(harness, [...steps, report]);
        const { state } = harness;
        const { length } = harness.events;
        liveThrough(harness, [report]);
        expect(harness.events).toHaveLength(length);
        expect(harness.state?.order).toBe(state?.order);
      }),
      { numRuns: runs },
    );
  });

  it('L2: a report told again later changes nothing, unless its time has come meanwhile', () => {
    fc.assert(
      fc.property(arbitraryLife(), arbitraryReport(), arbitraryPause(), (steps, report, pause) => {
        const harness = createOrderHarness({ rules });
        liveThrough(harness, [...steps, report]);
        fc.pre(!(Number(report['occurredAt']) > harness.now + clockToleranceMs));
        harness.advance(pause);
        const { length } = harness.events;
        liveThrough(harness, [report]);
        expect(harness.events).toHaveLength(length);
      }),
      { numRuns: runs },
    );
  });

  it('L4: over if and only if every unit is cancelled, net is zero and nothing is authorized', () => {
    always((order, { state }) => {
      const lifecycle = String(state?.status['lifecycle']);
      if (lifecycle === 'archived') return;
      const left = order.payments.some(
        (payment) =>
          remainingOf(payment) > 0 || payment.captured > payment.refunded + disputedOf(payment),
      );
      const cancelled = order.lines.every((line) => line.cancelled === line.ordered);
      expect(['cancelled', 'expired'].includes(lifecycle)).toBe(cancelled && !left);
    });
  });

  it('L5: completed only when every unit is accounted for, settled and undisputed', () => {
    always((order, { state }) => {
      if (state?.status['lifecycle'] !== 'completed') return;
      expect(isFulfilled(order)).toBe(true);
      expect(order.discrepancies.open).toEqual([]);
      expect(state.status.dispute).not.toBe('open');
    });
  });

  it('L6: the events of an order replay to the order, byte for byte', () => {
    always((order, harness) => {
      expect(JSON.stringify(harness.replayed())).toBe(JSON.stringify(order));
    });
  });

  it('every event has the data that its schema describes', () => {
    let seen = 0;
    always((_, { events }) => {
      for (const { type, data } of events.slice(events.length < seen ? 0 : seen)) {
        if (isEventType(type)) expect(eventSchemas[type].parse(data)).toEqual(data);
      }
      seen = events.length;
    });
  });
});
