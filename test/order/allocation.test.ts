import { describe, expect, it } from 'vitest';
import type { Then } from '../../src/testing/specification.ts';
import {
  authorized,
  byAuthorization,
  cancel,
  credit,
  creditUnits,
  line,
  paid,
  place,
  refundAmount,
  reportPayment,
  sold,
} from './commands.ts';

// What is given back is allocated to what it was charged for.

/** Component and amount of each part, of every event of a type. */
function partsOf({ harness }: Then, type: string) {
  const asked = harness.events.filter((event) => event.type === type);
  return asked.map(({ data }) => {
    const parts = data['allocation'] as unknown as readonly { component: string; amount: number }[];
    return parts.map(({ component, amount }) => [component, amount]);
  });
}

const pair = [line('a', 1, 5_000), line('b', 1, 5_000)];

describe('a credit names what it is for', () => {
  it('an amount only those components of which a part goes back', () => {
    const lines = [line('a', 1, 10_000), line('free', 1, 0)];
    const of = { kind: 'amount', amount: 2_500, currency: 'EUR' };
    const credited = paid.given(place({ lines })).when(credit('priceChange', of));
    expect(partsOf(credited, 'order.credited')).toEqual([[['line:a', 2_500]]]);
  });

  it('units at another amount each line in proportion to its price', () => {
    const lines = [line('a', 1, 10_000), line('b', 1, 5_000)];
    const more = { amount: 1_500, currency: 'EUR' };
    const credited = paid
      .given(place({ lines }))
      .when(creditUnits({ a: 1, b: 1 }, 'correction', more));
    expect(partsOf(credited, 'order.credited')).toEqual([
      [
        ['line:a', 1_000],
        ['line:b', 500],
      ],
    ]);
    credited.thenOrder(({ lines: after }) => {
      expect(after.map(({ creditedUnits }) => creditedUnits)).toEqual([1, 1]);
    });
  });
});

describe('a credit of units at another amount', () => {
  const more = { amount: 1_500, currency: 'EUR' };

  it('is refused for the same reasons as one at their price', () => {
    paid
      .given(place())
      .when(creditUnits({ z: 1 }, 'correction', more))
      .thenRejected('unknownReference', { figures: { lineId: 'z' } });
    paid
      .given(place())
      .when(creditUnits({ a: 2 }, 'correction', more))
      .thenRejected('lawBroken', { law: 'Q4', figures: { lineId: 'a', asked: 2, left: 1 } });
  });

  it('and in another currency', () => {
    paid
      .given(place())
      .when(creditUnits({ a: 1 }, 'correction', { ...more, currency: 'USD' }))
      .thenRejected('currencyMismatch', { law: 'M7' });
  });

  it('keeps what it is for', () => {
    const of = { kind: 'units', lines: [{ lineId: 'a', units: 1 }] };
    paid
      .given(place())
      .when({ ...credit('correction', of), causeId: 'ticket-7' })
      .thenOrder(({ credits }) => expect(credits).toMatchObject([{ causeId: 'ticket-7' }]));
  });
});

describe('a cancellation gives back', () => {
  it('of the whole order its charges too', () => {
    const order = place({ charges: [{ id: 'shipping', amount: 500 }] });
    const cancelled = paid.given(order, sold(10_500)).when(cancel());
    expect(partsOf(cancelled, 'payment.refund_requested')).toEqual([
      [
        ['line:a', 10_000],
        ['charge:shipping', 500],
      ],
    ]);
  });

  it('of some units those alone', () => {
    const charges = [{ id: 'shipping', amount: 500 }];
    const cancelled = paid
      .given(place({ lines: pair, charges }), sold(10_500))
      .when(cancel({ b: 1 }));
    expect(partsOf(cancelled, 'payment.refund_requested')).toEqual([[['line:b', 5_000]]]);
  });

  it('what was captured, spread as if what is only voided were not there', () => {
    const cancelled = byAuthorization
      .given(place({ lines: pair }), authorized(5_000), sold(5_000, { paymentId: 'p2' }))
      .when(cancel());
    cancelled.thenOrder(({ payments }) => {
      expect(payments.map(({ operations }) => operations.map(({ kind }) => kind))).toEqual([
        ['void'],
        ['refund'],
      ]);
    });
    expect(partsOf(cancelled, 'payment.refund_requested')).toEqual([
      [
        ['line:a', 2_500],
        ['line:b', 2_500],
      ],
    ]);
  });
});

describe('a refund of a named payment', () => {
  const given = [place(), sold(6_000), sold(4_000, { paymentId: 'p2' })];
  const named = (paymentId: string, amount: number) =>
    refundAmount(amount, 'goodwill', { paymentId });

  it('goes through that one', () => {
    paid
      .given(...given)
      .when(named('p2', 1_000))
      .thenOrder(({ payments }) => {
        expect(payments.map(({ refundPending }) => refundPending)).toEqual([0, 1_000]);
      });
  });

  it('is refused of one that is not there, that is busy, or that has less', () => {
    paid
      .given(...given)
      .when(named('p3', 1_000))
      .thenRejected('unknownReference');
    paid
      .given(...given, named('p2', 1_000))
      .when(named('p2', 1_000))
      .thenRejected('lawBroken', { law: 'M10' });
    paid
      .given(...given)
      .when(named('p2', 4_001))
      .thenRejected('lawBroken', { law: 'M3', figures: { paymentId: 'p2', possible: 4_000 } });
  });

  it('waits, like one of any payment, while all of them are busy', () => {
    paid
      .given(place(), sold(10_000), refundAmount(10_000))
      .when(refundAmount(1))
      .thenRejected('lawBroken', { law: 'M10', figures: { paymentId: 'p1' } });
  });

  it('and a payment that only holds money does not count as one of them', () => {
    paid
      .given(place(), sold(10_000), authorized(5_000, { paymentId: 'p2' }), refundAmount(10_000))
      .when(refundAmount(1))
      .thenRejected('lawBroken', { law: 'M10' });
  });

  it('gives back what came back of a refund that nobody told of', () => {
    paid
      .given(place(), reportPayment('refundReversed', 500))
      .when({
        type: 'payment.refund',
        cause: 'correction',
        of: { kind: 'tender', amount: 500, currency: 'EUR' },
      })
      .thenEvents('payment.refund_requested');
  });

  it('does not wait for another one that is busy', () => {
    paid
      .given(...given, named('p1', 1_000))
      .when(named('p2', 1_000))
      .thenEvents('payment.refund_requested');
  });
});
