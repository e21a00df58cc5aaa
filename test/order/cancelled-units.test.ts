import { describe, expect, it } from 'vitest';
import { later, orderSpecification, type Then } from '../../src/testing/specification.ts';
import {
  authorized,
  byAuthorization,
  cancel,
  credit,
  day,
  lastOperation,
  paid,
  place,
  refundAmount,
  refunded,
  reportPayment,
  sold,
  three,
} from './commands.ts';

// What was paid for cancelled units goes back at once, and once; nothing else goes with it.

const ofAmount = (amount: number) => ({ kind: 'amount', amount, currency: 'EUR' });
const goodwill = (amount: number, creditId = 'c1') =>
  credit('goodwill', ofAmount(amount), creditId);
const bought = [three, sold(30_000)];

/** Amount and cause of every refund and void asked for. */
function askedOf({ harness }: Then) {
  return harness.events
    .filter(({ type }) => type === 'payment.refund_requested' || type === 'payment.void_requested')
    .map(({ data }) => [data['amount'], data['cause']]);
}

describe('units are cancelled after a payment', () => {
  it('and a credit that is owed beside them waits for the host', () => {
    const gone = paid.given(...bought).when(cancel({ a: 1 }));
    gone.harness.execute(refunded(10_000, { operationId: lastOperation(gone) }));
    gone.harness.execute(goodwill(5_000));
    gone.harness.advance(60 * day);
    expect(askedOf(gone)).toEqual([[10_000, 'cancellation']]);
    gone.thenStatus({ refund: 'owed' });
  });

  it('and a refund for another reason does not count as theirs', () => {
    const gone = paid.given(...bought).when(refundAmount(5_000));
    gone.harness.execute(refunded(5_000, { operationId: lastOperation(gone) }));
    gone.harness.execute(cancel({ a: 1 }));
    expect(askedOf(gone)).toEqual([
      [5_000, 'goodwill'],
      [10_000, 'cancellation'],
    ]);
  });

  it('and one refund after the other, each for its own units', () => {
    const gone = paid.given(...bought).when(cancel({ a: 1 }));
    gone.harness.execute(refunded(10_000, { operationId: lastOperation(gone) }));
    gone.harness.execute(cancel({ a: 1 }));
    expect(askedOf(gone)).toEqual([
      [10_000, 'cancellation'],
      [10_000, 'cancellation'],
    ]);
  });

  it('and a refund that failed is asked again after a minute', () => {
    const gone = paid.given(...bought).when(cancel({ a: 1 }));
    const operationId = lastOperation(gone);
    gone.harness.execute(reportPayment('refundFailed', undefined, { operationId }));
    gone.thenStatus({ refund: 'due' });
    gone.harness.advance(59_999);
    expect(askedOf(gone)).toHaveLength(1);
    gone.harness.advance(1);
    expect(askedOf(gone)).toHaveLength(2);
  });

  it('and a refund of them that bounced is asked again, as far as it bounced', () => {
    const gone = paid.given(...bought).when(cancel({ a: 1 }));
    const operationId = lastOperation(gone);
    gone.harness.execute(refunded(10_000, { operationId }));
    for (const [amount, objectId] of [
      [1_000, 'one'],
      [2_000, 'two'],
    ] as const) {
      gone.harness.execute(reportPayment('refundReversed', amount, { operationId, objectId }));
    }
    gone.harness.execute(goodwill(9_000));
    gone.harness.advance(119_999);
    expect(askedOf(gone)).toHaveLength(1);
    gone.harness.advance(1);
    expect(askedOf(gone)).toEqual([
      [10_000, 'cancellation'],
      [3_000, 'cancellation'],
    ]);
  });
});

it('a void that failed is asked again after a minute', () => {
  const gone = byAuthorization.given(place(), authorized(10_000)).when(cancel());
  const operationId = lastOperation(gone);
  gone.harness.execute(reportPayment('voidFailed', undefined, { operationId }));
  gone.harness.advance(59_999);
  expect(askedOf(gone)).toHaveLength(1);
  gone.harness.advance(1);
  expect(askedOf(gone)).toEqual([
    [10_000, 'cancellation'],
    [10_000, 'cancellation'],
  ]);
});

describe('the cause of what goes back', () => {
  it('is the cancellation, until the order is over', () => {
    expect(askedOf(paid.given(place(), sold(10_000)).when(cancel()))).toEqual([
      [10_000, 'cancellation'],
    ]);
    expect(askedOf(byAuthorization.given(place(), authorized(10_000)).when(cancel()))).toEqual([
      [10_000, 'cancellation'],
    ]);
  });

  it('is late money afterwards, cancelled or expired', () => {
    for (const end of [cancel(), later(day)]) {
      const late = paid.given(place(), end).when(sold(10_000), later(0));
      expect(askedOf(late)).toEqual([[10_000, 'lateMoney']]);
    }
  });
});

describe('the engine pays back what is owed', () => {
  const auto = orderSpecification({ policy: { confirmWhen: 'paid', settleCredits: 'auto' } });
  const twoTenders = [place(), sold(6_000), sold(4_000, { paymentId: 'p2' })];

  it('once what is on its way has arrived', () => {
    const owed = auto.given(...twoTenders, goodwill(6_000)).when(later(day), goodwill(500, 'c2'));
    owed.harness.advance(60 * day);
    expect(askedOf(owed)).toEqual([[6_000, 'credit']]);
    owed.harness.execute(refunded(6_000, { operationId: lastOperation(owed) }));
    owed.harness.advance(day);
    expect(askedOf(owed)).toEqual([
      [6_000, 'credit'],
      [500, 'credit'],
    ]);
  });

  it('after as long as the policy says', () => {
    const owed = auto.given(...twoTenders).when(goodwill(6_000));
    owed.harness.advance(day - 1);
    expect(askedOf(owed)).toEqual([]);
    owed.harness.advance(1);
    expect(askedOf(owed)).toEqual([[6_000, 'credit']]);
  });

  it('over more than one payment when one has less', () => {
    const owed = auto.given(...twoTenders, goodwill(7_000)).when(later(day));
    expect(askedOf(owed)).toEqual([
      [6_000, 'credit'],
      [1_000, 'credit'],
    ]);
  });
});
