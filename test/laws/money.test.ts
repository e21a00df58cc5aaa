import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../src/order/figures.ts';
import { openUnitsOf } from '../../src/order/line-figures.ts';
import type { Order } from '../../src/order/order.ts';
import type { Payment } from '../../src/order/payment.ts';
import { priceOfNext } from '../../src/order/prices.ts';
import {
  arbitraryAnswer,
  arbitraryReport,
  arbitraryRequest,
} from '../../src/testing/arbitraries.ts';
import { arbitraryPlace } from '../../src/testing/arbitrary-place.ts';
import { createOrderHarness, type OrderHarness } from '../../src/testing/harness.ts';
import { liveThrough } from '../../src/testing/life.ts';

// Laws that a request is measured by when it is decided, and that reports may leave broken.

const { rules } = createOrderHarness();
const paid = fc.constantFrom('nothing', 'authorized', 'captured');
const runs = Number(process.env['ORDERCHART_LAW_RUNS'] ?? 300);

/** The whole price comes in: without it few orders get as far as their goods. */
function pay(harness: OrderHarness, outcome: string): void {
  const { total = 0, currency } = harness.state?.order ?? {};
  if (total === 0 || outcome === 'nothing') return;
  const by = { source: 'provider', reportId: 'first', objectId: 'first' };
  const sale = outcome === 'captured' && { sale: true };
  const report = { type: 'payment.report', paymentId: 'p1', outcome, amount: total, currency };
  harness.execute({ ...report, ...by, ...sale });
}

/** Mostly requests of the types that are measured: after many reports few requests are legal. */
function livesOf(types: readonly string[]) {
  const measured = arbitraryRequest().filter(({ type }) => types.includes(String(type)));
  const step = fc.oneof(
    { weight: 4, arbitrary: measured },
    { weight: 2, arbitrary: arbitraryRequest() },
    { weight: 2, arbitrary: arbitraryAnswer() },
    { weight: 1, arbitrary: arbitraryReport() },
  );
  return fc.array(step, { maxLength: 12, size: 'max' });
}

/** Lives random lives; `check` sees each request that was accepted, and the order before it. */
function afterRequests(
  types: readonly string[],
  check: (command: Readonly<Record<string, unknown>>, before: Order, after: Order) => void,
): number {
  let reached = 0;
  fc.assert(
    fc.property(arbitraryPlace(), paid, livesOf(types), (place, outcome, steps) => {
      const harness: OrderHarness = createOrderHarness({ rules });
      liveThrough(harness, [place]);
      pay(harness, outcome);
      for (const step of steps) {
        const before = harness.state?.order;
        const count = harness.events.length;
        liveThrough(harness, [step]);
        const after = harness.state?.order;
        if (before === undefined || after === undefined) continue;
        if (!types.includes(String(step['type'])) || harness.events.length === count) continue;
        reached += 1;
        check(step, before, after);
      }
    }),
    { numRuns: runs },
  );
  return reached;
}

const pending = ({ operations }: Payment, kind: string) =>
  operations
    .filter((operation) => operation.kind === kind && operation.state === 'pending')
    .reduce((sum, { amount }) => sum + amount, 0);

/** The money that is there and stays, added up by the book. */
function stays(order: Order): number {
  return order.payments.reduce((sum, payment) => {
    const { authorized, captured, released, refunded, refundPending } = payment;
    const remaining = Math.max(0, authorized - captured - released);
    const held = pending(payment, 'void') > 0 ? 0 : remaining;
    const disputed = (payment.disputes ?? []).reduce(
      (total, { withdrawn, reinstated }) => total + Math.max(0, withdrawn - reinstated),
      0,
    );
    return sum + captured - refunded - refundPending - disputed + held;
  }, 0);
}

describe('laws of requests', () => {
  it('F2: units leave by request only for money that is there and stays', () => {
    const reached = afterRequests(['shipment.dispatch'], (command, _, after) => {
      if (command['over'] === true || after.policy.confirmWhen === 'terms') return;
      const { currentTotal, reportedCredit } = figuresOf(after);
      const inHouse = after.lines.reduce(
        (sum, line) => sum + priceOfNext(line, openUnitsOf(line)).amount,
        0,
      );
      expect(stays(after)).toBeGreaterThanOrEqual(currentTotal + reportedCredit - inHouse);
    });
    expect(reached).toBeGreaterThan(runs / 10);
  });

  it('Q4: no unit is credited twice, or for having come back when it has not', () => {
    const types = ['payment.refund', 'order.credit', 'order.cancel'];
    const reached = afterRequests(types, (_, before, after) => {
      const lines = Map.groupBy(before.lines, ({ id }) => id);
      for (const line of after.lines) {
        const [known] = lines.get(line.id) ?? [];
        expect(line.cancelled + line.creditedUnits).toBeLessThanOrEqual(line.ordered);
        if (known === undefined) continue;
        if (line.creditedReturns > known.creditedReturns) {
          expect(line.creditedReturns).toBeLessThanOrEqual(line.returned);
        }
        if (line.creditedMissing > known.creditedMissing) {
          expect(line.creditedMissing).toBeLessThanOrEqual(line.lost + line.returnedToSender);
        }
      }
    });
    expect(reached).toBeGreaterThan(runs / 10);
  });

  it('M12: no request takes more than is due', () => {
    const types = ['payment.authorize', 'payment.capture'];
    const reached = afterRequests(types, (command, _, after) => {
      if (command['over'] === true) return;
      const { currentTotal, net, refundPending, capturePending } = figuresOf(after);
      const taken = net - refundPending + capturePending;
      expect(taken).toBeLessThanOrEqual(currentTotal);
      if (command['type'] !== 'payment.authorize') return;
      const asked = after.payments.reduce((sum, payment) => {
        const succeeded = payment.operations
          .filter(({ kind, state }) => kind === 'authorize' && state !== 'failed')
          .reduce((total, { amount }) => total + amount, 0);
        return sum + Math.max(0, succeeded - payment.authorized);
      }, 0);
      expect(stays(after) + asked).toBeLessThanOrEqual(currentTotal);
    });
    expect(reached).toBeGreaterThan(runs / 10);
  });
});
