import { expect } from 'vitest';
import {
  authorized,
  byAuthorization,
  cancel,
  captured,
  dispatch,
  lastOperation,
  paid,
  place,
  reportPayment,
  sold,
} from '../commands.ts';
import { scenario } from './scenario.ts';
import { answer, figures, voidPayment } from './steps.ts';

// Holds on cards that are let go: asked for, failed, expired, or told by the provider alone.

const voided = (amount: number, fields = {}) => reportPayment('voided', amount, fields);

scenario(
  { peer: ['wcpay PR #7743', 'solidus PR #2265'], before: 'right' },
  'cancelled while it is only authorized: the hold is let go, and then it is cancelled',
  () => {
    const then = byAuthorization.given(place(), authorized(10_000)).when(cancel());
    then
      .thenEvents('order.cancellation_requested', 'order.units_cancelled', 'payment.void_requested')
      .thenStatus({ lifecycle: 'cancelling' })
      .thenOrder(figures({ currentTotal: 0, secured: 0, due: 0 }));
    answer(then, (of) => voided(10_000, of)).thenStatus({
      lifecycle: 'cancelled',
      payment: 'voided',
    });
  },
);

scenario(
  { peer: 'solidus PR #1529', before: 'right' },
  'several authorizations stand when it is cancelled: each is let go',
  () => {
    const two = authorized(10_000, { paymentId: 'p2' });
    const then = byAuthorization.given(place(), authorized(10_000), two).when(cancel());
    then.thenEvents(
      'order.cancellation_requested',
      'order.units_cancelled',
      'payment.void_requested',
      'payment.void_requested',
    );
    then.harness.execute(voided(10_000));
    then.thenStatus({ lifecycle: 'cancelling' });
    then.harness.execute(voided(10_000, { paymentId: 'p2' }));
    then.thenStatus({ lifecycle: 'cancelled', refund: 'none' });
  },
);

scenario(
  {
    peer: 'magento2 docs: void',
    before: 'wrong: they leave, while the void is in flight as well as afterwards',
  },
  'a payment is voided and the order is not cancelled: its goods stay until they are paid anew',
  () => {
    const stays = { guard: 'secured', figures: { secured: 0, required: 10_000 } };
    byAuthorization
      .given(place(), authorized(10_000), voidPayment())
      .when(dispatch({ a: 1 }))
      .thenRejected('guardRefused', stays);
    const then = byAuthorization.given(place(), authorized(10_000)).when(voidPayment());
    answer(then, (of) => voided(10_000, of));
    expect(then.harness.execute(dispatch({ a: 1 }))).toMatchObject({ rejection: stays });
    then.harness.execute(authorized(10_000, { objectId: 'again' }));
    then.harness.execute(dispatch({ a: 1 }));
    then.thenStatus({ lifecycle: 'confirmed', payment: 'authorized', fulfillment: 'shipped' });
  },
);

scenario(
  { peer: ['spree PR #14561', 'vendure #1637'], before: 'right' },
  'captured money is not voided: it is refunded',
  () => {
    paid.given(place(), sold(10_000)).when(voidPayment()).thenRejected('nothingToDo');
    byAuthorization
      .given(place(), authorized(10_000), captured(4_000))
      .when(voidPayment())
      .thenEvents('payment.void_requested')
      .thenOrder(figures({ net: 4_000, secured: 4_000 }));
  },
);

scenario(
  { peer: 'vendure #1637', before: 'right' },
  'the provider cannot void: the order goes on being cancelled, and asks again a minute later',
  () => {
    const then = byAuthorization.given(place(), authorized(10_000)).when(cancel());
    const first = lastOperation(then);
    answer(then, (of) => reportPayment('voidFailed', undefined, of));
    then.thenStatus({ lifecycle: 'cancelling', refund: 'due' });
    then.harness.advance(60_000);
    expect(lastOperation(then)).not.toBe(first);
    answer(then, (of) => voided(10_000, of)).thenStatus({ lifecycle: 'cancelled' });
  },
);

scenario(
  { peer: ['wcpay PR #757', 'wcpay PR #7743'], before: 'right' },
  'the authorization expires before the void is done: it is cancelled, whatever the void says then',
  () => {
    const then = byAuthorization.given(place(), authorized(10_000)).when(cancel());
    then.harness.execute(reportPayment('authorizationExpired'));
    then.thenStatus({ lifecycle: 'cancelled', payment: 'voided' });
    answer(then, (of) => reportPayment('voidFailed', undefined, of));
    then
      .thenStatus({ lifecycle: 'cancelled', refund: 'none', hold: 'clear' })
      .thenOrder(figures({ secured: 0, net: 0, owed: 0 }));
  },
);
