import { expect } from 'vitest';
import {
  amend,
  authorized,
  byAuthorization,
  cancel,
  capture,
  captured,
  dispatch,
  line,
  place,
  reportPayment,
  three,
  unitsOf,
} from '../commands.ts';
import { scenario } from './scenario.ts';
import { answer, authorize, figures, voidPayment } from './steps.ts';

// An order is changed between its authorization and its capture.

const addX = { add: [line('x', 1, 5000)] };
const unchangeable = 'could not be said: nothing changes an order after it was placed';

scenario(
  {
    peer: ['woo-stripe #916', 'woo-stripe PR #3646', 'wcpay #7029'],
    before: unchangeable,
  },
  'an order costs more than was authorized: no capture is asked for in vain, and the rest is authorized',
  () => {
    const given = [place(), authorized(10_000), amend(addX)];
    byAuthorization
      .given(...given)
      .when(capture(15_000))
      .thenRejected('lawBroken', { law: 'M1', figures: { asked: 15_000, possible: 10_000 } });
    const then = byAuthorization.given(...given).when(authorize(5000));
    answer(then, (of) => authorized(5000, { ...of, paymentId: 'p2' }));
    then.thenStatus({ payment: 'authorized' });
    then.harness.execute(capture(10_000));
    answer(then, (of) => captured(10_000, of));
    then.harness.execute(capture(5000, { paymentId: 'p2' }));
    answer(then, (of) => captured(5000, { ...of, paymentId: 'p2' }));
    then.thenStatus({ payment: 'paid' }).thenOrder(figures({ net: 15_000, due: 0 }));
  },
);

scenario(
  { peer: ['medusa #14984', 'woo-stripe #3767', 'woo-stripe #3723'], before: unchangeable },
  'an order costs less than was authorized: the authorization stays, and only the new price is captured',
  () => {
    const given = [three, authorized(30_000), amend({ cancel: unitsOf({ a: 1 }) })];
    byAuthorization
      .given(...given)
      .when(capture(30_000))
      .thenRejected('lawBroken', { law: 'M12', figures: { due: 20_000, asked: 30_000 } });
    const then = byAuthorization.given(...given).when(capture(20_000, { releaseRemainder: true }));
    answer(then, (of) => captured(20_000, of));
    then.thenStatus({ payment: 'paid', refund: 'none' });
    then.thenOrder(figures({ net: 20_000, secured: 20_000, due: 0, owed: 0 }));
  },
);

scenario(
  {
    peer: ['woo-stripe #357', 'woo-stripe #757'],
    before: 'wrong: the whole authorization may be captured',
  },
  'a unit is cancelled before the capture: nothing is refunded, and less is captured',
  () => {
    const then = byAuthorization.given(three, authorized(30_000)).when(cancel({ a: 1 }));
    then
      .thenEvents('order.cancellation_requested', 'order.units_cancelled')
      .thenStatus({ refund: 'none', payment: 'authorized' });
    const decision = then.harness.execute(capture(30_000));
    expect(decision).toMatchObject({ rejection: { law: 'M12' } });
    then.harness.execute(capture(20_000));
    answer(then, (of) => captured(20_000, of));
    then.thenStatus({ payment: 'paid' }).thenOrder(figures({ net: 20_000, due: 0, owed: 0 }));
  },
);

scenario(
  { peer: 'wcpay #9033', before: unchangeable },
  'the authorization is released for a new one that covers an added line: both are told apart',
  () => {
    const then = byAuthorization
      .given(place(), authorized(10_000), amend(addX))
      .when(voidPayment());
    answer(then, (of) => reportPayment('voided', 10_000, of));
    then.harness.execute(authorize(15_000));
    answer(then, (of) => authorized(15_000, { ...of, paymentId: 'p2' }));
    then.thenStatus({ payment: 'authorized' });
    then.harness.execute(voidPayment('p2'));
    answer(then, (of) => reportPayment('voided', 15_000, { ...of, paymentId: 'p2' }));
    then.thenStatus({ payment: 'due' }).thenOrder(figures({ secured: 0, due: 15_000 }));
  },
);

scenario(
  { peer: 'woo-stripe #916', before: unchangeable },
  'goods that the authorization does not cover stay in the house, those that it covers leave',
  () => {
    const given = [place(), authorized(10_000), amend(addX)];
    byAuthorization
      .given(...given)
      .when(dispatch({ a: 1, x: 1 }))
      .thenRejected('guardRefused', { guard: 'secured', figures: { required: 15_000 } });
    byAuthorization
      .given(...given)
      .when(dispatch({ a: 1 }))
      .thenStatus({ fulfillment: 'partiallyShipped', hold: 'clear' });
  },
);

scenario(
  { peer: 'vendure #3235', before: unchangeable },
  'a pending order that costs less confirms by the amendment, one that costs more by the payment',
  () => {
    byAuthorization
      .given(three, authorized(20_000))
      .when(amend({ cancel: unitsOf({ a: 1 }) }))
      .thenEvents('order.amended', 'order.units_cancelled', 'order.confirmed');
    byAuthorization
      .given(place(), amend(addX), authorized(10_000))
      .when(authorized(5000, { paymentId: 'p2' }))
      .thenEvents('payment.authorized', 'order.confirmed')
      .thenStatus({ payment: 'authorized' });
  },
);
