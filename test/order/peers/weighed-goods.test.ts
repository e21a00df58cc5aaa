import { expect } from 'vitest';
import {
  authorized,
  byAuthorization,
  cancel,
  capture,
  captured,
  credit,
  delivered,
  dispatch,
  line,
  paid,
  place,
  refunded,
  reportPayment,
  sold,
  three,
} from '../commands.ts';
import { scenario } from './scenario.ts';
import { answer, figures, refundCredit } from './steps.ts';

// What is weighed costs what it weighs, which is known only when it is packed; and captures that
// fall short for other reasons.

const roast = place({ lines: [line('roast', 1, 4_000)] });
const authorizedRoast = [roast, authorized(4_000)];
const unsecured = { guard: 'secured' };
const lighter = credit('priceChange', { kind: 'amount', amount: 400, currency: 'EUR' });
const short = capture(3_600, { releaseRemainder: true });

scenario(
  { peer: 'woo-paypal #483', before: 'could not be said: no figure tells what is due' },
  'the cut weighs less than it was sold by: the capture takes less, and what is short is due',
  () => {
    const given = [...authorizedRoast, dispatch({ roast: 1 }), delivered({ roast: 1 })];
    answer(byAuthorization.given(...given).when(short), (of) => captured(3_600, of))
      .thenStatus({ lifecycle: 'confirmed', payment: 'partiallyPaid' })
      .thenOrder(({ payments: [card] }) => expect(card).toMatchObject({ released: 400 }))
      .thenOrder(figures({ currentTotal: 4_000, net: 3_600, due: 400 }));
  },
);

scenario(
  {
    peer: ['woo-paypal #483', 'wcpay #767'],
    before: 'could not be said: nothing is written off without a refund',
  },
  'what a capture left short for good is written off: the order is paid and over',
  () => {
    const given = [...authorizedRoast, dispatch({ roast: 1 }), delivered({ roast: 1 })];
    const then = answer(byAuthorization.given(...given).when(short), (of) => captured(3_600, of));
    then.harness.execute(credit('writeOff', { kind: 'amount', amount: 400, currency: 'EUR' }));
    then
      .thenStatus({ lifecycle: 'completed', payment: 'paid', refund: 'none' })
      .thenOrder(figures({ total: 4_000, currentTotal: 3_600, net: 3_600, due: 0, owed: 0 }));
  },
);

scenario(
  {
    peer: ['woo-paypal #483', 'woo-stripe #757'],
    before: 'could not be said: no price is lowered before it is captured',
  },
  'the price is lowered to the weight first: the old price cannot be captured any more',
  () => {
    byAuthorization
      .given(...authorizedRoast, lighter)
      .when(capture(4_000))
      .thenRejected('lawBroken', { law: 'M12', figures: { asked: 4_000, due: 3_600 } });
    const then = byAuthorization
      .given(...authorizedRoast, lighter, dispatch({ roast: 1 }), delivered({ roast: 1 }))
      .when(short);
    answer(then, (of) => captured(3_600, of))
      .thenStatus({ lifecycle: 'completed', payment: 'paid' })
      .thenOrder(figures({ currentTotal: 3_600, net: 3_600, due: 0 }));
  },
);

scenario(
  {
    peer: 'wcpay #767',
    before:
      'could not be said: nothing is credited without a refund, and nothing shows what is owed',
  },
  'it was captured whole, and weighs less: the difference is owed until it is asked back',
  () => {
    const then = paid
      .given(roast, sold(4_000), dispatch({ roast: 1 }), delivered({ roast: 1 }))
      .when(lighter);
    then
      .thenEvents('order.credited', 'order.reopened')
      .thenStatus({ lifecycle: 'confirmed', refund: 'owed' })
      .thenOrder(figures({ currentTotal: 3_600, net: 4_000, owed: 400 }));
    then.harness.execute(refundCredit);
    answer(then, (of) => refunded(400, of));
    then
      .thenStatus({ lifecycle: 'completed', refund: 'partial' })
      .thenOrder(figures({ currentTotal: 3_600, net: 3_600, owed: 0 }));
  },
);

scenario(
  { peer: 'wcpay #7029', before: 'right' },
  'it weighs more: beyond its authorization nothing is captured',
  () => {
    byAuthorization
      .given(...authorizedRoast)
      .when(capture(4_400, { over: true }))
      .thenRejected('lawBroken', { law: 'M1', figures: { asked: 4_400, possible: 4_000 } });
  },
);

scenario(
  { peer: 'woo-stripe #357', before: 'wrong: the whole authorization is captured' },
  'one of two is taken off before the capture: only the other can be captured',
  () => {
    const two = place({ lines: [line('a', 2, 10_000)] });
    const given = [two, authorized(20_000), cancel({ a: 1 })];
    byAuthorization
      .given(...given)
      .when(capture(20_000))
      .thenRejected('lawBroken', { law: 'M12', figures: { asked: 20_000, due: 10_000 } });
    const then = byAuthorization.given(...given).when(capture(10_000, { releaseRemainder: true }));
    answer(then, (of) => captured(10_000, of))
      .thenStatus({ payment: 'paid', refund: 'none' })
      .thenOrder(({ payments: [card] }) => expect(card).toMatchObject({ released: 10_000 }));
  },
);

scenario(
  { peer: 'vendure #2912', before: 'right' },
  'after a cancellation and a smaller capture, what can be refunded is what was captured',
  () => {
    const two = place({ lines: [line('a', 2, 10_000)] });
    const then = byAuthorization
      .given(two, authorized(20_000), cancel({ a: 1 }))
      .when(capture(10_000));
    answer(then, (of) => captured(10_000, of)).thenOrder(
      figures({ currentTotal: 10_000, net: 10_000, due: 0 }),
    );
    const refund = { kind: 'amount', amount: 20_000, currency: 'EUR' };
    const asked = { type: 'payment.refund', cause: 'correction', of: refund };
    expect(then.harness.execute(asked)).toMatchObject({
      status: 'rejected',
      rejection: { law: 'M6', figures: { charged: 10_000, asked: 20_000 } },
    });
  },
);

scenario(
  { peer: 'wcpay #767', before: 'right' },
  'an authorization is captured bit by bit, as the work goes on',
  () => {
    const first = byAuthorization.given(place(), authorized(10_000)).when(capture(6_000));
    answer(first, (of) => captured(6_000, { ...of, objectId: 'first' }))
      .thenStatus({ payment: 'partiallyPaid' })
      .thenOrder(figures({ net: 6_000, secured: 10_000, due: 4_000 }));
    first.harness.execute(capture(4_000));
    answer(first, (of) => captured(4_000, { ...of, objectId: 'second' }))
      .thenStatus({ payment: 'paid', hold: 'clear' })
      .thenOrder(figures({ net: 10_000, due: 0 }));
  },
);

scenario(
  { peer: ['wcpay #739', 'wcpay PR #757'], before: 'wrong: they leave' },
  'an authorization expires before the goods leave: they stay, and cannot be captured',
  () => {
    const given = [place(), authorized(10_000), reportPayment('authorizationExpired')];
    byAuthorization
      .given(...given)
      .when(dispatch({ a: 1 }))
      .thenRejected('guardRefused', { ...unsecured, figures: { secured: 0, required: 10_000 } });
    byAuthorization
      .given(...given)
      .when(capture(10_000))
      .thenRejected('lawBroken', { law: 'M1', figures: { possible: 0 } });
  },
);

scenario(
  { peer: 'adyen-magento2 #1594', before: 'wrong: they leave before it is taken anew' },
  'an expired authorization is taken anew: the goods leave, and it is captured',
  () => {
    const anew = authorized(10_000, { paymentId: 'p2' });
    const given = [place(), authorized(10_000), reportPayment('authorizationExpired')];
    byAuthorization
      .given(...given)
      .when(dispatch({ a: 1 }))
      .thenRejected('guardRefused', unsecured);
    const then = byAuthorization
      .given(...given, anew, dispatch({ a: 1 }), delivered({ a: 1 }))
      .when(capture(10_000, { paymentId: 'p2' }));
    answer(then, (of) => captured(10_000, { ...of, paymentId: 'p2' }))
      .thenStatus({ lifecycle: 'completed', payment: 'paid', hold: 'clear' })
      .thenOrder(figures({ net: 10_000, due: 0 }));
  },
);

scenario(
  { peer: 'adyen-magento2 PR #3081', before: 'wrong: everything leaves' },
  'the rest of an authorization expires: as much leaves as was captured, and no more',
  () => {
    const given = [
      three,
      authorized(30_000),
      captured(10_000),
      reportPayment('authorizationExpired'),
    ];
    byAuthorization
      .given(...given)
      .when(dispatch({ a: 1 }))
      .thenEvents('shipment.dispatched')
      .thenOrder(figures({ secured: 10_000, due: 20_000 }));
    byAuthorization
      .given(...given)
      .when(dispatch({ a: 2 }))
      .thenRejected('guardRefused', {
        ...unsecured,
        figures: { secured: 10_000, required: 20_000 },
      });
  },
);
