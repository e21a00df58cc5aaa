import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Order } from '../../src/order/order.ts';
import { orderFigures } from '../../src/order/order-figures.ts';
import type { Payment } from '../../src/order/payment.ts';
import { optionalRules } from '../../src/order/policy.ts';
import {
  arbitraryAnswer,
  arbitraryLife,
  arbitraryReport,
  arbitraryRequest,
} from '../../src/testing/arbitraries.ts';
import { arbitraryPlace, defaultPools } from '../../src/testing/arbitrary-place.ts';
import { createOrderHarness, type OrderHarness } from '../../src/testing/harness.ts';
import { liveThrough } from '../../src/testing/life.ts';

// Disputes, measured by a model that knows nothing of the rules: the reports that came, by the book.

const { rules } = createOrderHarness();
const runs = Number(process.env['ORDERCHART_LAW_RUNS'] ?? 300);

type Command = Readonly<Record<string, unknown>>;

const outcomeOf = (step: Command) => String(step['outcome'] ?? '');
const isOfDispute = (step: Command | number): step is Command =>
  typeof step === 'object' && outcomeOf(step).startsWith('dispute');

/** Reports of few disputes alone: among reports of every kind few are about the same one. */
const pools = { ...defaultPools, payments: ['p1'], objects: ['o1', 'o1', 'o2'] };
const disputeReports = (maxLength: number, minLength = 2) =>
  fc.array(arbitraryReport(pools).filter(isOfDispute), { minLength, maxLength, size: 'max' });

/** What a few reports of one dispute say, added up as an accountant would. */
function book(reports: readonly Command[]) {
  const most = (...outcomes: string[]) =>
    reports
      .filter((report) => outcomes.includes(outcomeOf(report)))
      .reduce((greatest, { amount }) => Math.max(greatest, Number(amount ?? 0)), 0);
  const has = (outcome: string) => reports.some((report) => outcomeOf(report) === outcome);
  const taken = most('disputeWithdrawn', 'disputeLost');
  const gone = Math.max(0, taken - most('disputeReinstated'));
  const state = has('disputeWon') && gone === 0 ? 'won' : has('disputeLost') ? 'lost' : 'open';
  return { gone, state };
}

/** The label and the figures of all disputes that were reported. */
function expected(steps: readonly (Command | number)[]) {
  const reports = steps.filter(isOfDispute);
  const groups = Map.groupBy(reports, ({ paymentId, objectId }) => `${paymentId} ${objectId}`);
  const disputes = [...groups.values()].map(book);
  const sum = (of: typeof disputes) => of.reduce((total, { gone }) => total + gone, 0);
  const states = ['open', 'lost', 'won'].filter((state) =>
    disputes.some((dispute) => dispute.state === state),
  );
  return {
    label: states[0] ?? 'none',
    disputed: sum(disputes),
    chargedBack: sum(disputes.filter(({ state }) => state === 'lost')),
  };
}

function measured({ state }: OrderHarness) {
  if (state === undefined) throw new Error('There is an order.');
  const { disputed, chargedBack } = orderFigures(state.order);
  return { label: state.status.dispute, disputed, chargedBack };
}

function lived(steps: readonly (object | number)[]): OrderHarness {
  const harness = createOrderHarness({ rules });
  liveThrough(harness, steps);
  return harness;
}

describe('disputes', () => {
  it('have the label and the figures of the reports that came, whatever else happened', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(arbitraryLife(), fc.boolean(), disputeReports(8, 0), (life, alone, reports) => {
        const rest = alone ? life.filter((step) => !isOfDispute(step)) : life;
        const steps = [...rest, ...reports];
        const harness = lived(steps);
        fc.pre(harness.state !== undefined);
        const { label } = measured(harness);
        seen.set(label, (seen.get(label) ?? 0) + 1);
        expect(measured(harness)).toEqual(expected(steps as readonly (Command | number)[]));
      }),
      { numRuns: runs },
    );
    for (const label of ['open', 'lost', 'won', 'none']) {
      expect(seen.get(label) ?? 0, label).toBeGreaterThan(0);
    }
  });

  it('L3: any order and any repetition of their reports ends the same, deadlines included', () => {
    const shuffled = disputeReports(8).chain((reports) =>
      fc.tuple(
        fc.constant(reports),
        fc.subarray(reports).chain((again) =>
          fc.shuffledSubarray([...reports, ...again], {
            minLength: reports.length + again.length,
          }),
        ),
      ),
    );
    let deadlines = 0;
    const outcome = (harness: OrderHarness) => {
      const { order, status, deadlines: set } = harness.state ?? {};
      deadlines += set?.filter(({ name }) => name.startsWith('dispute:')).length ?? 0;
      const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1);
      const disputes = order?.payments
        .map(({ id, disputes: told = [] }) => ({ id, told: told.toSorted(byId) }))
        .toSorted(byId);
      return { status, disputes, figures: order && orderFigures(order), set };
    };
    fc.assert(
      fc.property(arbitraryLife(undefined, 8), shuffled, (life, [one, other]) => {
        expect(outcome(lived([...life, ...other]))).toEqual(outcome(lived([...life, ...one])));
      }),
      { numRuns: runs },
    );
    expect(deadlines).toBeGreaterThan(runs / 10);
  });

  it('are owed by nobody once they are lost, however much of the price they took', () => {
    let lost = 0;
    fc.assert(
      fc.property(arbitraryPlace(), disputeReports(6), (place, reports) => {
        const harness = lived([place]);
        const { order } = harness.state ?? {};
        fc.pre(order !== undefined && order.total > 0);
        tell(harness, 'captured', order.total, { sale: true });
        // All of one payment; together they may take more than there is: then law M3 says so.
        for (const report of reports) harness.execute({ ...report, paymentId: 'p1' });
        for (const report of reports) harness.execute(lostAt(report));
        const { due, owed, net, currentTotal, chargedBack } = figuresIn(harness);
        lost += chargedBack > 0 ? 1 : 0;
        expect({ due, owed }).toEqual({ due: 0, owed: 0 });
        expect(net).toBe(currentTotal);
        expect(net).toBe(order.total - chargedBack);
      }),
      { numRuns: runs },
    );
    expect(lost).toBeGreaterThan(runs / 10);
  });

  it('M10: a refund that a dispute stopped leaves its payment no other operation', () => {
    let stopped = 0;
    const money = arbitraryRequest(pools).filter(({ type }) => /^payment[.]/.test(String(type)));
    const steps = fc.array(
      fc.oneof(
        { weight: 3, arbitrary: money },
        { weight: 2, arbitrary: arbitraryReport(pools).filter(isOfDispute) },
        { weight: 1, arbitrary: arbitraryAnswer() },
      ),
      { maxLength: 12, size: 'max' },
    );
    fc.assert(
      fc.property(arbitraryPlace(), steps, (place, more) => {
        const harness = lived([place]);
        const { total = 0, currency } = harness.state?.order ?? {};
        fc.pre(total > 0);
        // Something is captured and goes back, and something can still be captured.
        tell(harness, 'authorized', total + 20_000);
        tell(harness, 'captured', total);
        const of = { kind: 'tender', amount: total, currency };
        harness.execute({ type: 'payment.refund', cause: 'correction', of });
        for (const step of more) {
          const before = harness.state?.order.payments[0];
          liveThrough(harness, [step]);
          if (before === undefined || !isStopped(before)) continue;
          stopped += 1;
          expect(harness.state?.order.payments[0]?.operations).toHaveLength(
            before.operations.length,
          );
        }
      }),
      { numRuns: runs },
    );
    expect(stopped).toBeGreaterThan(runs / 10);
  });

  it('are announced when evidence is due: once for each time, and only while they are open', () => {
    let announced = 0;
    fc.assert(
      fc.property(arbitraryLife(), disputeReports(6), (life, reports) => {
        const harness = lived(life);
        fc.pre(harness.state !== undefined);
        liveThrough(harness, [...reports, 60_000, ...reports, 30 * 86_400_000]);
        const events = harness.events.filter(({ type }) => type === 'dispute.evidence_due');
        announced += events.length;
        const named = events.map(({ data }) => JSON.stringify(data));
        expect(new Set(named).size).toBe(named.length);
        for (const { data, status, recordedAt } of events) {
          expect(status['dispute']).toBe('open');
          expect(recordedAt).toBeGreaterThanOrEqual(
            Number(data['dueBy']) - optionalRules.evidenceNoticeMs,
          );
        }
      }),
      { numRuns: runs },
    );
    expect(announced).toBeGreaterThan(runs / 10);
  });

  it('cost an order that has none nothing: it has no member of them', () => {
    fc.assert(
      fc.property(arbitraryLife(), (life) => {
        const { state, events } = lived(life.filter((step) => !isOfDispute(step)));
        const told = JSON.stringify([state?.order, events.map(({ data }) => data)]);
        expect(told).not.toMatch(/disput|reinstated|evidence/);
        if (state !== undefined) expect(state.status.dispute).toBe('none');
      }),
      { numRuns: runs },
    );
  });
});

/** A report of payment `p1` with one object of the provider per outcome. */
function tell(harness: OrderHarness, outcome: string, amount: number, more: object = {}): void {
  const by = { paymentId: 'p1', objectId: outcome, source: 'provider', reportId: outcome };
  const { currency } = harness.state?.order ?? {};
  harness.execute({ type: 'payment.report', outcome, amount, currency, ...by, ...more });
}

/** A refund was asked for whose money is gone by a dispute. */
function isStopped({ operations, refundPending, disputes, captured, refunded }: Payment): boolean {
  const asked = operations.some(({ kind, state }) => kind === 'refund' && state === 'pending');
  return asked && refundPending === 0 && disputes !== undefined && captured > refunded;
}

function lostAt({ objectId }: Command): object {
  const by = { source: 'provider', reportId: `lost-${objectId}` };
  return { type: 'payment.report', outcome: 'disputeLost', paymentId: 'p1', objectId, ...by };
}

function figuresIn({ state }: OrderHarness) {
  return orderFigures(state?.order as Order);
}
