import { describe, expect, it } from 'vitest';
import type { Then } from '../../src/testing/specification.ts';
import {
  captured,
  dispatched,
  line,
  paid,
  place,
  refundAmount,
  refunded,
  reportPayment,
  sold,
  three,
} from './commands.ts';

const lastData = ({ harness }: Then) => harness.events.at(-1)?.data;

describe('figures so far, and what an event adds to them', () => {
  it('a second report of one capture says how much more was captured', () => {
    const outcome = paid.given(place(), sold(4000)).when(captured(5000));
    expect(lastData(outcome)).toMatchObject({ amount: 5000, delta: 1000, currency: 'EUR' });
  });

  it('a report that tells only whose operation it was adds nothing, and lowers nothing', () => {
    const outcome = paid.given(place(), sold(4000)).when(captured(1000, { operationId: 'ours' }));
    expect(lastData(outcome)).toMatchObject({ amount: 4000, delta: 0, operationId: 'ours' });
  });

  it('refunds and those that bounce say so as well', () => {
    const outcome = paid
      .given(place(), sold(10_000), refunded(3000))
      .when(refunded(4000), reportPayment('refundReversed', 500));
    const { events } = outcome.harness;
    const told = events.filter(({ type }) => type.startsWith('payment.refund'));
    expect(told.map(({ data }) => data['delta'])).toEqual([3000, 1000, 500]);
  });

  it('a second report of one parcel says which units are new', () => {
    const two = place({ lines: [line('a', 3, 1000), line('b', 1, 1000)] });
    const outcome = paid
      .given(two, sold(4000), dispatched({ a: 1, b: 1 }))
      .when(dispatched({ a: 3, b: 1 }));
    expect(lastData(outcome)).toMatchObject({
      lines: [
        { lineId: 'a', units: 3 },
        { lineId: 'b', units: 1 },
      ],
      delta: [{ lineId: 'a', units: 2 }],
    });
  });

  it('a confirmation says what was sold, and to whom', () => {
    const outcome = paid
      .given({ ...three, customerId: 'alice' })
      .when({ type: 'order.cancel', lines: [{ lineId: 'a', units: 1 }] }, sold(20_000));
    const confirmed = outcome.harness.events.find(({ type }) => type === 'order.confirmed');
    expect(confirmed?.data).toEqual({ customerId: 'alice', currency: 'EUR', total: 20_000 });
  });
});

describe('a refusal is a true sentence', () => {
  const messageOf = ({ harness }: Then, command: object) => {
    const decision = harness.execute(command);
    return decision.status === 'rejected' ? decision.rejection : undefined;
  };

  it('names no payment where none was asked for', () => {
    const outcome = paid.given(place(), sold(10_000)).when();
    const refusal = messageOf(outcome, refundAmount(10_001));
    expect(refusal).toMatchObject({ law: 'M3', figures: { asked: 10_001, possible: 10_000 } });
    expect(refusal?.message).toBe(
      "Only 10000 minor units of the order's payments can still be refunded, not 10001.",
    );
    expect(refusal?.figures).not.toHaveProperty('paymentId');
  });

  it('names the payment that was asked for', () => {
    const outcome = paid.given(place(), sold(10_000)).when();
    const refusal = messageOf(outcome, refundAmount(10_001, 'goodwill', { paymentId: 'p1' }));
    expect(refusal?.message).toBe(
      'Only 10000 minor units of payment "p1" can still be refunded, not 10001.',
    );
    expect(refusal?.figures).toMatchObject({ paymentId: 'p1' });
  });
});
