import { describe, expect, it } from 'vitest';
import { orderFigures } from '../../src/order/order-figures.ts';
import type { Then } from '../../src/testing/specification.ts';
import {
  authorized,
  byAuthorization,
  cancel,
  credit,
  creditUnits,
  delivered,
  dispatch,
  onTerms,
  paid,
  place,
  reportPayment,
  reportShipment,
  sold,
  three,
  unitsOf,
} from './commands.ts';

// What a reader of an order may compute with, and what each figure allows.

function figuresAfter({ harness }: Then) {
  const order = harness.state?.order;
  if (order === undefined) throw new Error('There is an order.');
  return orderFigures(order);
}

describe('the figures of an order', () => {
  it('tell what is due of an order on terms', () => {
    const then = onTerms.given(place()).when(dispatch({ a: 1 }));
    expect(figuresAfter(then)).toMatchObject({ total: 10_000, due: 10_000, owed: 0, secured: 0 });
  });

  it('tell what is secured, and no more once a void is asked for', () => {
    const given = byAuthorization.given(place(), authorized(10_000));
    const then = given.when({ type: 'order.annotate', metadata: {} });
    expect(figuresAfter(then).secured).toBe(10_000);
    then.harness.execute({ type: 'payment.void', paymentId: 'p1' });
    expect(figuresAfter(then).secured).toBe(0);
    then.harness.execute(reportPayment('voided', 10_000));
    expect(figuresAfter(then)).toMatchObject({ secured: 0, net: 0, due: 10_000 });
  });

  it('tell what is owed, less what a refund in flight gives back', () => {
    const then = paid.given(place(), sold(10_000)).when(sold(5_000, { objectId: 'again' }));
    expect(figuresAfter(then)).toMatchObject({ net: 15_000, due: 0, owed: 5_000 });
    then.harness.execute({
      type: 'payment.refund',
      cause: 'correction',
      of: { kind: 'credit' },
    });
    expect(figuresAfter(then).owed).toBe(0);
  });

  it('tell what it costs after a cancellation and a credit', () => {
    const goodwill = credit('goodwill', { kind: 'amount', amount: 1_000, currency: 'EUR' });
    const then = paid.given(three, sold(30_000), cancel({ a: 1 })).when(goodwill);
    const { total, currentTotal, confirmTotal } = figuresAfter(then);
    expect({ total, currentTotal, confirmTotal }).toEqual({
      total: 30_000,
      currentTotal: 19_000,
      confirmTotal: 20_000,
    });
  });

  it('tell of each line what may still be done', () => {
    const then = paid
      .given(three, sold(30_000), dispatch({ a: 2 }), delivered({ a: 1 }))
      .when(reportShipment('lost', { a: 1 }));
    expect(figuresAfter(then).lines).toEqual([
      {
        id: 'a',
        open: 1,
        creditable: 3,
        creditableReturns: 0,
        creditableMissing: 1,
        returnable: 1,
      },
    ]);
    then.harness.execute(creditUnits({ a: 1 }, 'lost'));
    const by = { source: 'warehouse', reportId: 'w1', outcome: 'received' };
    then.harness.execute({
      type: 'return.report',
      returnId: 'r1',
      lines: unitsOf({ a: 1 }),
      ...by,
    });
    expect(figuresAfter(then).lines).toMatchObject([
      { open: 1, creditable: 2, creditableReturns: 1, creditableMissing: 0, returnable: 0 },
    ]);
  });
});
