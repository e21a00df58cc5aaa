import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../src/order/figures.ts';
import type { Order } from '../../src/order/order.ts';
import { later, orderSpecification } from '../../src/testing/specification.ts';
import {
  authorized,
  byAuthorization,
  cancel,
  capture,
  captured,
  credit,
  creditUnits,
  day,
  delivered,
  dispatch,
  dispatched,
  lastOperation,
  line,
  onTerms,
  paid,
  place,
  refundAmount,
  refunded,
  refundUnits,
  reportPayment,
  reportShipment,
  sold,
  three,
} from './commands.ts';

// Credits without a payout, what the order owes by them, and how an order ends with them.

const auto = orderSpecification({ policy: { confirmWhen: 'paid', settleCredits: 'auto' } });
const lost = (units: Record<string, number>) => reportShipment('lost', units);
const returnedToSender = (units: Record<string, number>) =>
  reportShipment('returnedToSender', units);
const balanceOf = (order: Order) => figuresOf(order).balance;
const shippedAndPaid = [place(), sold(10_000), dispatch({ a: 1 })];

describe('an order that would never end, ends by a credit', () => {
  it('refused at the door and never paid', () => {
    onTerms
      .given(place(), dispatch({ a: 1 }), returnedToSender({ a: 1 }))
      .when(creditUnits({ a: 1 }, 'returnedToSender'))
      .thenEvents('order.credited', 'order.completed')
      .thenOrder((order) => expect(balanceOf(order)).toBe(0));
  });

  it('lost, and the authorization voided', () => {
    byAuthorization
      .given(
        place(),
        authorized(10_000),
        dispatch({ a: 1 }),
        lost({ a: 1 }),
        reportPayment('voided', 10_000),
      )
      .when(creditUnits({ a: 1 }, 'lost'))
      .thenStatus({ lifecycle: 'completed', fulfillment: 'shipped' });
  });

  it("lost, and refunded in the provider's dashboard: the units cost nothing more", () => {
    paid
      .given(...shippedAndPaid, lost({ a: 1 }), refunded(10_000))
      .when(creditUnits({ a: 1 }, 'lost', { amount: 0 }))
      .thenStatus({ lifecycle: 'completed', refund: 'full' });
  });

  it('lost, and refunded by amount', () => {
    const asked = paid
      .given(...shippedAndPaid, lost({ a: 1 }))
      .when(refundAmount(10_000, 'correction'));
    asked.harness.execute(refunded(10_000, { operationId: lastOperation(asked) }));
    asked.thenStatus({ lifecycle: 'confirmed', fulfillment: 'exception' });
    asked.harness.execute(creditUnits({ a: 1 }, 'lost', { amount: 0 }));
    asked.thenStatus({ lifecycle: 'completed' });
  });

  it('captured 4.00 short for good', () => {
    byAuthorization
      .given(place(), authorized(10_000), dispatch({ a: 1 }), delivered({ a: 1 }))
      .when(
        capture(9_600, { releaseRemainder: true }),
        captured(9_600),
        credit('writeOff', { kind: 'amount', amount: 400, currency: 'EUR' }),
      )
      .thenStatus({ lifecycle: 'completed', payment: 'paid' });
  });

  it('captured without a word of its authorization, cancelled and refunded', () => {
    paid
      .given(place(), captured(10_000), cancel())
      .when(refunded(10_000))
      .thenStatus({ lifecycle: 'cancelled' });
  });

  it('refunded beyond what was captured, and cancelled', () => {
    paid
      .given(place(), sold(10_000), refunded(12_000))
      .when(cancel())
      .thenStatus({ lifecycle: 'cancelled' });
  });
});

describe('a parcel that is found', () => {
  it('was lost, is delivered after all, and counts once', () => {
    paid
      .given(...shippedAndPaid, lost({ a: 1 }))
      .when(delivered({ a: 1 }))
      .thenStatus({ lifecycle: 'completed', hold: 'clear', fulfillment: 'delivered' });
  });

  it('was at the sender, is delivered after all, and counts once', () => {
    paid
      .given(...shippedAndPaid, returnedToSender({ a: 1 }))
      .when(delivered({ a: 1 }))
      .thenStatus({ lifecycle: 'completed', hold: 'clear', fulfillment: 'delivered' });
  });

  it('was lost and comes back to the sender: it is missing once', () => {
    paid
      .given(...shippedAndPaid, lost({ a: 1 }), returnedToSender({ a: 1 }))
      .when(creditUnits({ a: 1 }, 'returnedToSender'))
      .thenStatus({ hold: 'clear', refund: 'owed' });
  });

  it('is told delivered before it is told dispatched, and converges', () => {
    paid
      .given(place(), sold(10_000), lost({ a: 1 }), delivered({ a: 1 }))
      .when(dispatched({ a: 1 }))
      .thenStatus({ lifecycle: 'completed', hold: 'clear' });
  });
});

describe('what the order owes', () => {
  const chargedTwice = [place(), sold(10_000), sold(10_000, { objectId: 'again' })];

  it('is seen in its status, and stays until somebody pays it', () => {
    paid
      .given(...chargedTwice)
      .when(later(40 * day))
      .thenStatus({ refund: 'owed' });
  });

  it('is paid back by a refund of credit', () => {
    paid
      .given(...chargedTwice)
      .when({ type: 'payment.refund', cause: 'correction', of: { kind: 'credit' } })
      .thenStatus({ refund: 'pending' })
      .thenOrder((order) => expect(figuresOf(order).refundPending).toBe(10_000));
  });

  it('is paid back by the engine after a day, when the policy says so', () => {
    const before = auto.given(...chargedTwice).when(later(day - 1));
    before.thenStatus({ refund: 'owed' });
    before.harness.advance(1);
    before.thenStatus({ refund: 'pending' });
  });

  it('is not paid back when the refund was made in the dashboard meanwhile', () => {
    const given = auto.given(...shippedAndPaid, creditUnits({ a: 1 }, 'priceChange'));
    given.when(refunded(10_000), later(2 * day)).thenOrder((order) => {
      expect(order.payments[0]?.operations).toEqual([]);
    });
  });

  it('is asked for again and again while refunds fail or bounce', () => {
    const asked = auto.given(...chargedTwice).when(later(day));
    for (const pauseMs of [60_000, 120_000, 240_000]) {
      const operationId = lastOperation(asked);
      asked.harness.execute(
        reportPayment('refundFailed', undefined, { operationId, objectId: operationId }),
      );
      asked.thenStatus({ refund: 'owed' });
      asked.harness.advance(pauseMs - 1);
      asked.thenStatus({ refund: 'owed' });
      asked.harness.advance(1);
      asked.thenStatus({ refund: 'pending' });
    }
    const operationId = lastOperation(asked);
    asked.harness.execute(refunded(10_000, { operationId }));
    asked.thenStatus({ refund: 'partial' }).thenOrder((order) => {
      expect(balanceOf(order)).toBe(0);
    });
  });

  it('has no deadline where a person pays it', () => {
    const { harness } = paid.given(...chargedTwice).when(later(0));
    expect(harness.state?.deadlines).toEqual([]);
  });
});

describe('a credit is refused', () => {
  it('under an id that was used', () => {
    paid
      .given(...shippedAndPaid, credit('goodwill', { kind: 'amount', amount: 1, currency: 'EUR' }))
      .when(credit('goodwill', { kind: 'amount', amount: 1, currency: 'EUR' }))
      .thenRejected('alreadyUsed');
  });

  it('beyond what the order costs', () => {
    paid
      .given(...shippedAndPaid)
      .when(credit('goodwill', { kind: 'amount', amount: 10_001, currency: 'EUR' }))
      .thenRejected('lawBroken', { law: 'M6' });
  });

  it('of components that add up to more than can be summed exactly', () => {
    const lines = Array.from({ length: 1_000 }, (_, at) => line(`l${at}`, 1, 1));
    const amount = 10_000_000_000_000;
    const components = lines.map(({ id }) => ({ component: `line:${id}`, amount }));
    paid
      .given(place({ lines }), sold(1_000))
      .when(credit('correction', { kind: 'components', components, currency: 'EUR' }))
      .thenRejected('lawBroken', { law: 'M6' });
  });

  it('of a line or a component that the order does not have, and in another currency', () => {
    const given = () => paid.given(...shippedAndPaid);
    given()
      .when(creditUnits({ z: 1 }, 'lost'))
      .thenRejected('unknownReference');
    given()
      .when(
        credit('correction', {
          kind: 'components',
          components: [{ component: 'line:z', amount: 1 }],
          currency: 'EUR',
        }),
      )
      .thenRejected('unknownReference');
    given()
      .when(credit('goodwill', { kind: 'amount', amount: 1, currency: 'USD' }))
      .thenRejected('currencyMismatch');
    given()
      .when(creditUnits({ a: 1 }, 'correction', { amount: 1, currency: 'USD' }))
      .thenRejected('currencyMismatch');
  });
});

describe('Q4: units are credited once', () => {
  it('and no more of them than were ordered', () => {
    const lines = [line('a', 3, 1_000), line('b', 1, 900_000)];
    paid
      .given(place({ lines }), sold(903_000))
      .when(refundUnits({ a: 1_000 }, 'correction'))
      .thenRejected('lawBroken', { law: 'Q4' });
  });

  it('for a return only when they came back', () => {
    const given = paid.given(...shippedAndPaid, delivered({ a: 1 }));
    given.when(refundUnits({ a: 1 }, 'return')).thenRejected('lawBroken', { law: 'Q4' });
  });

  it('for being lost only when they are', () => {
    paid
      .given(...shippedAndPaid)
      .when(refundUnits({ a: 1 }, 'lost'))
      .thenRejected('lawBroken', { law: 'Q4' });
    paid
      .given(...shippedAndPaid, returnedToSender({ a: 1 }))
      .when(refundUnits({ a: 1 }, 'returnedToSender'))
      .thenStatus({ refund: 'pending' });
  });

  it('and not cancelled by name afterwards', () => {
    paid
      .given(place(), sold(10_000), refundUnits({ a: 1 }, 'correction'))
      .when(cancel({ a: 1 }))
      .thenRejected('lawBroken', { law: 'Q4' });
  });

  it('and are cancelled with all others, for nothing more', () => {
    paid
      .given(three, sold(30_000), refundUnits({ a: 1 }, 'correction'), refunded(10_000))
      .when(cancel())
      .thenOrder(({ lines: [a] }) => {
        expect(a).toMatchObject({ cancelled: 3, creditedUnits: 0, cancelledAmount: 20_000 });
      });
  });
});
