import { describe, expect, it } from 'vitest';
import {
  authorized,
  byAuthorization,
  capture,
  captured,
  delivered,
  dispatch,
  dispatched,
  lastOperation,
  line,
  onTerms,
  paid,
  payment,
  place,
  sold,
} from './commands.ts';

describe('money comes in', () => {
  it('a zero-total order needs no payment, confirms at once and completes when delivered', () => {
    const given = paid.given(place({ lines: [line('a', 1, 0)] }));
    given
      .when(dispatched({ a: 1 }), delivered({ a: 1 }))
      .thenStatus({ lifecycle: 'completed', payment: 'notRequired', fulfillment: 'delivered' });
  });

  it('a gift card for the whole price leaves nothing to pay', () => {
    paid
      .given(place({ lines: [line('a', 1, 5000, { discount: 5000 })] }))
      .when({ type: 'order.annotate', metadata: { giftCard: 'used' } })
      .thenStatus({ lifecycle: 'confirmed', payment: 'notRequired' });
  });

  it('on terms the order confirms unpaid, ships, completes, and may be paid after delivery', () => {
    const given = onTerms.given(place());
    given
      .when(dispatch({ a: 1 }), delivered({ a: 1 }))
      .thenStatus({ lifecycle: 'completed', payment: 'due' });
    onTerms
      .given(place(), dispatch({ a: 1 }), delivered({ a: 1 }))
      .when(sold(10_000))
      .thenEvents('payment.captured')
      .thenStatus({ lifecycle: 'completed', payment: 'paid' });
  });

  it('a partial capture leaves the rest authorized when the command keeps it', () => {
    const asked = byAuthorization.given(place(), authorized(10_000)).when(capture(4000));
    asked.thenEvents('payment.capture_requested').thenStatus({ payment: 'processing' });
    asked.harness.execute(captured(4000, { operationId: lastOperation(asked) }));
    asked.thenStatus({ payment: 'partiallyPaid' }).thenOrder((order) => {
      expect(payment(order)).toMatchObject({ captured: 4000, released: 0, capturePending: 0 });
    });
  });

  it('a partial capture releases the rest when the command says so', () => {
    const asked = byAuthorization
      .given(place(), authorized(10_000))
      .when(capture(4000, { releaseRemainder: true }));
    asked.harness.execute(captured(4000, { operationId: lastOperation(asked) }));
    asked.thenOrder((order) => {
      expect(payment(order)).toMatchObject({ captured: 4000, released: 6000 });
    });
  });

  it('an authorized order ships before capture, and is captured per shipment', () => {
    byAuthorization
      .given(place({ lines: [line('a', 2, 5000)] }), authorized(10_000), dispatch({ a: 1 }))
      .when(capture(5000))
      .thenEvents('payment.capture_requested')
      .thenStatus({ fulfillment: 'partiallyShipped' });
  });

  it("the provider's webhook before our own call returns makes one capture", () => {
    const asked = byAuthorization.given(place(), authorized(10_000)).when(capture(10_000));
    const operationId = lastOperation(asked);
    asked.harness.execute(captured(10_000, { objectId: 'ch_1' }));
    asked.thenStatus({ hold: 'clear', payment: 'paid' });
    asked.harness.execute(captured(10_000, { objectId: 'ch_1', operationId, source: 'own call' }));
    asked.thenStatus({ hold: 'clear', payment: 'paid' }).thenOrder((order) => {
      expect(payment(order)).toMatchObject({ captured: 10_000, capturePending: 0 });
      expect(payment(order)?.operations[0]?.state).toBe('succeeded');
      expect(payment(order)?.movements.filter(({ kind }) => kind === 'captured')).toHaveLength(1);
    });
  });

  it('the same webhook fifty times, in any order with others, ends as once in order', () => {
    const first = authorized(10_000);
    const second = captured(10_000);
    const many = Array.from({ length: 50 }, (_, index) => (index % 3 === 0 ? second : first));
    const once = byAuthorization.given(place()).when(first, second);
    const often = byAuthorization.given(place()).when(...many);
    expect(often.harness.state?.status).toEqual(once.harness.state?.status);
    expect(often.harness.events.filter(({ type }) => type === 'payment.captured')).toHaveLength(1);
    expect(often.harness.events.filter(({ type }) => type === 'payment.authorized')).toHaveLength(
      1,
    );
  });
});

describe('amounts of every currency', () => {
  it.each([
    ['JPY', 1000],
    ['EUR', 1000],
    ['KWD', 1000],
    ['CLF', 10_000],
  ])('%s orders of %i minor units are placed, paid and completed exactly', (currency, price) => {
    const order = place({ currency, lines: [line('a', 3, price)] });
    paid
      .given(order, sold(3 * price, { currency }))
      .when(dispatched({ a: 3 }), delivered({ a: 3 }))
      .thenStatus({ lifecycle: 'completed', payment: 'paid' });
  });
});
