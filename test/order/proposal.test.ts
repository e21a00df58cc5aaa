import { describe, expect, it } from 'vitest';
import { later } from '../../src/testing/specification.ts';
import {
  amend,
  cancel,
  day,
  delivered,
  dispatch,
  dispatched,
  lastOperation,
  line,
  paid,
  place,
  propose,
  refunded,
  sold,
  three,
  unitsOf,
} from './commands.ts';

const approve = { type: 'amendment.approve', amendmentId: 'm1' };
const decline = { type: 'amendment.decline', amendmentId: 'm1' };

const addX = { add: [line('x', 1, 5000)] };

describe('an amendment is proposed', () => {
  it('waits, priced, and moves no ledger until it is approved', () => {
    const outcome = paid
      .given(place(), sold(10_000))
      .when(propose({ ...addX, reason: 'upsell' }))
      .thenEvents('amendment.proposed')
      .thenStatus({ amendment: 'proposed', payment: 'paid' })
      .thenOrder(({ total, lines, amendments }) => {
        expect([total, lines.length]).toEqual([10_000, 1]);
        expect(amendments?.[0]?.change).toMatchObject({ amount: 5000, lines: [{ net: 5000 }] });
      });
    outcome.harness.execute(approve);
    outcome
      .thenStatus({ amendment: 'none', payment: 'partiallyPaid' })
      .thenOrder(({ total, amendments }) => {
        expect(total).toBe(15_000);
        expect(amendments).toEqual([
          { id: 'm1', reason: 'upsell', state: 'applied', proposedAt: expect.any(Number) },
        ]);
      });
  });

  it('is declined, and its id stays used', () => {
    paid
      .given(place(), propose(addX))
      .when(decline)
      .thenEvents('amendment.declined')
      .thenStatus({ amendment: 'none' })
      .thenOrder(({ amendments }) => expect(amendments?.[0]?.change).toBeUndefined());
    paid.given(place(), propose(addX), decline).when(approve).thenRejected('alreadyUsed');
    paid.given(place(), propose(addX), decline).when(decline).thenRejected('alreadyUsed');
    paid.given(place(), propose(addX), decline).when(amend(addX)).thenRejected('alreadyUsed');
    paid.given(place()).when(approve).thenRejected('unknownReference');
  });

  it('lapses after a week without an answer, or after the time of the policy', () => {
    paid
      .given(place(), sold(10_000), propose(addX))
      .when(later(7 * day - 1))
      .thenNothing();
    paid
      .given(place(), sold(10_000), propose(addX))
      .when(later(7 * day))
      .thenEvents('amendment.lapsed')
      .thenStatus({ amendment: 'none' });
    paid
      .given(place({ policy: { amendmentTimeoutMs: day } }), sold(10_000), propose(addX))
      .when(later(day))
      .thenEvents('amendment.lapsed');
    paid
      .given(place(), sold(10_000), propose(addX), approve)
      .when(later(30 * day))
      .thenNothing();
  });

  it('each of two waits for its own time', () => {
    const change = { add: [line('y', 1, 100)] };
    const outcome = paid
      .given(place(), sold(10_000), propose(addX), later(day), propose(change, 'm2'))
      .when(later(6 * day))
      .thenEvents('amendment.lapsed')
      .thenStatus({ amendment: 'proposed' });
    outcome.harness.advance(day);
    outcome.thenStatus({ amendment: 'none' });
  });

  it('is decided again when it is approved: what it cancels may be gone', () => {
    paid
      .given(
        three,
        sold(30_000),
        propose({ ...addX, cancel: unitsOf({ a: 1 }) }),
        dispatch({ a: 3 }),
      )
      .when(approve)
      .thenRejected('lawBroken', { law: 'Q1' });
    paid
      .given(three, sold(30_000), propose(addX), amend(addX, 'm2'))
      .when(approve)
      .thenRejected('alreadyUsed', { figures: { id: 'x' } });
    paid
      .given(three, sold(30_000), propose({ ...addX, total: 35_000 }), cancel({ a: 1 }))
      .when(approve)
      .thenRejected('totalMismatch', { figures: { after: 25_000, total: 35_000 } });
  });

  it('is a cancellation by now where nothing would be left of the order: each by its own change', () => {
    const takesOff = propose({ cancel: unitsOf({ a: 1 }) }, 'm2');
    const given = [three, sold(30_000), propose(addX), takesOff, cancel({ a: 2 })];
    paid
      .given(...given)
      .when({ ...approve, amendmentId: 'm2' })
      .thenRejected('guardRefused', { guard: 'someUnitStays' });
    paid
      .given(...given)
      .when(approve)
      .thenEvents('order.amended');
  });

  it('that nobody could make now is refused at once', () => {
    paid
      .given(place())
      .when(propose({ cancel: unitsOf({ a: 3 }), ...addX }))
      .thenRejected('lawBroken', { law: 'Q1' });
  });

  it('gives back what it takes off in the commit that approves it', () => {
    const outcome = paid
      .given(three, sold(30_000), propose({ ...addX, cancel: unitsOf({ a: 1 }) }))
      .when(approve)
      .thenEvents('order.amended', 'order.units_cancelled', 'payment.refund_requested');
    outcome.harness.execute(
      refunded(5000, { operationId: lastOperation(outcome), objectId: 'back' }),
    );
    outcome.thenStatus({ payment: 'paid', refund: 'partial' });
  });

  it('and not answered keeps nothing from ending, and can be declined afterwards', () => {
    paid
      .given(place(), propose(addX), cancel())
      .when(decline)
      .thenEvents('amendment.declined')
      .thenStatus({ lifecycle: 'cancelled', amendment: 'none' });
    paid
      .given(place(), sold(10_000), dispatched({ a: 1 }), propose(addX))
      .when(delivered({ a: 1 }))
      .thenStatus({ lifecycle: 'completed', amendment: 'proposed' });
  });
});
