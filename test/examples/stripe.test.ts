import fc from 'fast-check';
import { PermanentHandlerError, type TransportMessage } from 'orderchart';
import { createOrderHarness } from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import { events, type StripeEvent } from '../../examples/stripe/fake-stripe.ts';
import { paymentReports } from '../../examples/stripe/payment-reports.ts';

const owner = { orderId: '1001', paymentId: 'card' };

function messageOf(body: unknown): TransportMessage {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return { id: 'evt', key: '', type: '', sequence: undefined, headers: {}, body: bytes };
}

const reportsIn = (event: unknown) => paymentReports(messageOf(event), () => owner);

/** What a report says, without whose and whence it is. */
function told(type: string, object: object) {
  const event = { id: 'evt_1', type, created: 1_767_225_600, data: { object } };
  return reportsIn(event).map((report) => {
    const about = { ...owner, source: 'stripe', reportId: 'evt_1', occurredAt: 1_767_225_600_000 };
    expect(report).toMatchObject({ type: 'payment.report', ...about });
    const isAbout = (name: string) => name === 'type' || name in about;
    return Object.fromEntries(Object.entries(report).filter(([name]) => !isAbout(name)));
  });
}

const intent = {
  object: 'payment_intent',
  id: 'pi_1',
  amount_capturable: 0,
  amount_received: 0,
  currency: 'eur',
  capture_method: 'automatic_async',
  latest_charge: 'ch_1',
};
const charge = {
  object: 'charge',
  id: 'ch_1',
  amount: 5000,
  amount_captured: 0,
  amount_refunded: 0,
  captured: false,
  currency: 'eur',
  payment_intent: 'pi_1',
};
const refund = {
  object: 'refund',
  id: 're_1',
  amount: 1000,
  currency: 'eur',
  status: 'succeeded',
  balance_transaction: 'txn_1',
  payment_intent: 'pi_1',
};
const dispute = {
  object: 'dispute',
  id: 'dp_1',
  amount: 4000,
  currency: 'eur',
  reason: 'fraudulent',
  status: 'needs_response',
  balance_transactions: [{ amount: -4000, currency: 'eur' }],
  evidence_details: { due_by: 1_768_000_000 },
  payment_intent: 'pi_1',
};
const euros = (amount: number) => ({ amount, currency: 'EUR' });

describe('what an event of Stripe tells of a payment', () => {
  it('a payment that is captured by itself is a sale', () => {
    expect(told('payment_intent.succeeded', { ...intent, amount_received: 5000 })).toEqual([
      { outcome: 'captured', objectId: 'ch_1', ...euros(5000), sale: true },
    ]);
  });

  it('money that is reserved, also when some of it has been captured since', () => {
    const object = { ...intent, amount_capturable: 3000, amount_received: 2000 };
    expect(told('payment_intent.amount_capturable_updated', object)).toEqual([
      { outcome: 'authorized', objectId: 'pi_1', ...euros(5000) },
    ]);
  });

  it('a capture, and the rest that is given back', () => {
    const object = { ...charge, captured: true, amount_captured: 4500 };
    expect(told('charge.captured', object)).toEqual([
      { outcome: 'captured', objectId: 'ch_1', ...euros(4500) },
      { outcome: 'voided', objectId: 'ch_1', ...euros(500) },
    ]);
    expect(told('charge.captured', { ...object, amount_captured: 5000 })).toHaveLength(1);
  });

  it('a charge that is released, or runs out, before it was captured', () => {
    expect(told('charge.refunded', { ...charge, amount_refunded: 5000 })).toEqual([
      { outcome: 'voided', objectId: 'ch_1', ...euros(5000) },
    ]);
    expect(told('charge.refunded', { ...charge, captured: true, amount_refunded: 5000 })).toEqual(
      [],
    );
    expect(told('charge.expired', charge)).toEqual([
      { outcome: 'authorizationExpired', objectId: 'ch_1' },
    ]);
  });

  it('a customer who has to do something, or whose card is declined', () => {
    expect(told('payment_intent.requires_action', intent)).toEqual([
      { outcome: 'actionRequired', objectId: 'pi_1' },
    ]);
    const object = { ...intent, last_payment_error: { code: 'card_declined' } };
    expect(told('payment_intent.payment_failed', object)).toEqual([
      { outcome: 'authorizationFailed', objectId: 'pi_1', reason: 'card_declined' },
    ]);
  });

  it.each([
    ['succeeded', 'txn_1', [{ outcome: 'refunded', objectId: 're_1', ...euros(1000) }]],
    ['pending', 'txn_1', []],
    ['requires_action', null, []],
    // The rest of an authorization: no money has left.
    ['succeeded', null, []],
    [
      'failed',
      'txn_1',
      [
        { outcome: 'refunded', objectId: 're_1', ...euros(1000) },
        { outcome: 'refundReversed', objectId: 're_1', ...euros(1000) },
      ],
    ],
    [
      'failed',
      null,
      [{ outcome: 'refundFailed', objectId: 're_1', reason: 'lost_or_stolen_card' }],
    ],
    [
      'canceled',
      null,
      [{ outcome: 'refundFailed', objectId: 're_1', reason: 'lost_or_stolen_card' }],
    ],
  ])('a refund that is %s, with transaction %s', (status, balanceTransaction, expected) => {
    const failureReason = 'lost_or_stolen_card';
    const object = {
      ...refund,
      status,
      balance_transaction: balanceTransaction,
      failure_reason: failureReason,
    };
    expect(told('refund.updated', object)).toEqual(expected);
  });

  it('a dispute, with all that is known of it in each event', () => {
    const about = { objectId: 'dp_1' };
    const opened = {
      outcome: 'disputeOpened',
      ...about,
      ...euros(4000),
      reason: 'fraudulent',
      dueBy: 1_768_000_000_000,
    };
    const withdrawn = { outcome: 'disputeWithdrawn', ...about, ...euros(4000) };
    expect(told('charge.dispute.created', dispute)).toEqual([opened, withdrawn]);
    expect(told('charge.dispute.closed', { ...dispute, status: 'lost' })).toEqual([
      opened,
      withdrawn,
      { outcome: 'disputeLost', ...about },
    ]);
    const back = [...dispute.balance_transactions, { amount: 4000, currency: 'eur' }];
    const won = { ...dispute, status: 'won', balance_transactions: back };
    expect(told('charge.dispute.funds_reinstated', won)).toEqual([
      opened,
      withdrawn,
      { outcome: 'disputeReinstated', ...about, ...euros(4000) },
      { outcome: 'disputeWon', ...about },
    ]);
  });

  it('an inquiry that is closed: nothing was withdrawn', () => {
    const object = { ...dispute, balance_transactions: [], evidence_details: null };
    expect(told('charge.dispute.closed', { ...object, status: 'warning_closed' })).toEqual([
      { outcome: 'disputeOpened', objectId: 'dp_1', ...euros(4000), reason: 'fraudulent' },
      { outcome: 'disputeWon', objectId: 'dp_1' },
    ]);
  });

  it('a dispute that Stripe counts in the currency of the account: all of it moved', () => {
    const object = { ...dispute, balance_transactions: [{ amount: -4321, currency: 'usd' }] };
    expect(told('charge.dispute.funds_withdrawn', object)).toContainEqual({
      outcome: 'disputeWithdrawn',
      objectId: 'dp_1',
      ...euros(4000),
    });
  });

  it('which operation of ours it settles, where we have told Stripe', () => {
    const metadata = { ...owner, operationId: 'operation-1' };
    expect(told('refund.created', { ...refund, metadata })).toMatchObject([
      { outcome: 'refunded', operationId: 'operation-1' },
    ]);
  });

  it('nothing, when it is of a type or of a payment that is not ours', () => {
    expect(told('customer.updated', { object: 'customer' })).toEqual([]);
    const event = { id: 'e', type: 'refund.created', created: 1, data: { object: refund } };
    expect(paymentReports(messageOf(event), () => undefined)).toEqual([]);
  });
});

describe('what is not as Stripe documents it is a dead letter', () => {
  it.each([
    ['no JSON', '{'],
    ['no event', []],
    ['an event without an object', { id: 'e', type: 'charge.captured', created: 1 }],
    [
      'an object without figures',
      { id: 'e', type: 'charge.captured', created: 1, data: { object: { object: 'charge' } } },
    ],
  ])('%s', (_, body) => {
    expect(() => reportsIn(body)).toThrow(PermanentHandlerError);
  });
});

describe('repeated and in any order, events end in the same order', () => {
  const ofOne = events.filter(({ data }) => JSON.stringify(data).includes('pi_1'));

  function orderAfter(sent: readonly StripeEvent[]) {
    const harness = createOrderHarness();
    const lines = [{ id: 'mug', quantity: 1, unitPrice: 4500 }];
    harness.execute({ type: 'order.place', orderId: '1001', currency: 'EUR', lines });
    for (const report of sent.flatMap(reportsIn)) harness.execute(report);
    const { order, status } = harness.state ?? {};
    const { movements, ...payment } = order?.payments[0] ?? {};
    return { status, payment, open: order?.discrepancies.open.length, count: movements?.length };
  }

  it('whatever the order', () => {
    const expected = orderAfter(ofOne);
    expect(expected).toMatchObject({ payment: { captured: 4500, refunded: 1000 }, open: 0 });
    const sequences = fc
      .subarray([...ofOne])
      .chain((again) =>
        fc.shuffledSubarray([...ofOne, ...again], { minLength: ofOne.length + again.length }),
      );
    fc.assert(
      fc.property(sequences, (sent) => {
        expect(orderAfter(sent)).toEqual(expected);
      }),
    );
  });
});
