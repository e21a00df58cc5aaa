import { describe, expect, it } from 'vitest';
import type { Order } from '../../src/order/order.ts';
import { orderFigures } from '../../src/order/order-figures.ts';
import { createOrderHarness } from '../../src/testing/harness.ts';
import { orderSpecification, type Then } from '../../src/testing/specification.ts';
import {
  delivered,
  dispatch,
  disputed,
  lastOperation,
  paid,
  payment,
  place,
  sold,
} from './commands.ts';

// Money that a bank takes back: disputes, chargebacks, returned debits.

const figures = (expected: object) => (order: Order) =>
  expect(orderFigures(order)).toMatchObject(expected);
const settled = { due: 0, owed: 0 };
const arrived = [place(), sold(10_000), dispatch({ a: 1 }), delivered({ a: 1 })];
const openLaws = ({ harness }: Then) =>
  harness.state?.order.discrepancies.open.map(({ law, subject }) => `${law} ${subject}`);

/** Compiled once: every order of five reports makes a hundred and twenty lives. */
const compiled = createOrderHarness({ policy: { confirmWhen: 'paid' } });
const many = orderSpecification({ rules: compiled.rules });

/** Every order of a few reports. */
function orders<Report>(reports: readonly Report[]): readonly (readonly Report[])[] {
  if (reports.length < 2) return [reports];
  return reports.flatMap((first, at) =>
    orders(reports.toSpliced(at, 1)).map((rest) => [first, ...rest]),
  );
}

describe('a dispute', () => {
  it('that is only opened moves no money, and keeps the order from being completed', () => {
    paid
      .given(...arrived)
      .when(disputed('Opened', 10_000, { reason: 'fraudulent' }))
      .thenEvents('payment.dispute_opened', 'order.reopened')
      .thenStatus({ lifecycle: 'confirmed', dispute: 'open', payment: 'paid', hold: 'clear' })
      .thenOrder(figures({ net: 10_000, disputed: 0, ...settled }))
      .thenOrder((order) =>
        expect(payment(order)?.disputes).toMatchObject([
          { id: 'dp_1', amount: 10_000, withdrawn: 0, reason: 'fraudulent' },
        ]),
      );
  });

  it('that is closed before money moved is won, and the order is complete again', () => {
    paid
      .given(...arrived, disputed('Opened'))
      .when(disputed('Won'))
      .thenEvents('payment.dispute_won', 'order.completed')
      .thenStatus({ lifecycle: 'completed', dispute: 'won' });
  });

  it('takes money: it is neither paid nor written off while the dispute is open', () => {
    paid
      .given(...arrived, disputed('Opened', 10_000))
      .when(disputed('Withdrawn', 10_000))
      .thenStatus({ lifecycle: 'confirmed', dispute: 'open', payment: 'due' })
      .thenOrder(
        figures({ net: 0, disputed: 10_000, chargedBack: 0, currentTotal: 10_000, due: 10_000 }),
      );
  });

  it('that is lost is owed by nobody: the order costs what stays paid, and is complete', () => {
    paid
      .given(...arrived, disputed('Withdrawn', 4_000))
      .when(disputed('Lost'))
      .thenEvents('payment.dispute_lost', 'order.completed')
      .thenStatus({ lifecycle: 'completed', dispute: 'lost', payment: 'paid', refund: 'none' })
      .thenOrder(figures({ net: 6_000, disputed: 4_000, chargedBack: 4_000, currentTotal: 6_000 }))
      .thenOrder(figures({ agreedTotal: 10_000, ...settled }));
  });

  it('that is won is won once the money is back, and open before', () => {
    const won = paid.given(...arrived, disputed('Withdrawn', 10_000)).when(disputed('Won'));
    won.thenStatus({ dispute: 'open', lifecycle: 'confirmed' });
    won.harness.execute(disputed('Reinstated', 10_000));
    won
      .thenStatus({ dispute: 'won', lifecycle: 'completed', payment: 'paid' })
      .thenOrder(figures({ net: 10_000, disputed: 0, ...settled }));
  });

  it('that was lost first is won all the same when the money comes back', () => {
    paid
      .given(...arrived, disputed('Withdrawn', 10_000), disputed('Lost'))
      .when(disputed('Reinstated', 10_000), disputed('Won'))
      .thenStatus({ dispute: 'won', lifecycle: 'completed' })
      .thenOrder(figures({ net: 10_000, chargedBack: 0, currentTotal: 10_000, ...settled }));
  });

  it('is open again when an arbitration takes the money again, and lost when that is lost', () => {
    const first = [disputed('Withdrawn', 10_000), disputed('Reinstated', 10_000), disputed('Won')];
    const again = paid.given(...arrived, ...first).when(disputed('Withdrawn', 20_000));
    again
      .thenStatus({ dispute: 'open', lifecycle: 'confirmed', hold: 'clear' })
      .thenOrder(figures({ net: 0, disputed: 10_000, due: 10_000 }));
    again.harness.execute(disputed('Lost'));
    again
      .thenStatus({ dispute: 'lost', lifecycle: 'completed' })
      .thenOrder(figures({ net: 0, chargedBack: 10_000, currentTotal: 0, ...settled }));
  });

  it('ends the same in whatever order its reports come: a won beats no lost', () => {
    const reports = [
      disputed('Opened', 10_000),
      disputed('Withdrawn', 20_000),
      disputed('Reinstated', 10_000),
      disputed('Won'),
      disputed('Lost'),
    ];
    for (const told of orders(reports)) {
      many
        .given(...arrived)
        .when(...told)
        .thenStatus({ dispute: 'lost', lifecycle: 'completed', hold: 'clear' })
        .thenOrder(figures({ disputed: 10_000, chargedBack: 10_000, currentTotal: 0 }));
    }
  });

  it('that gave back more than it took lacks a report: flagged, until that comes', () => {
    const first = paid.given(...arrived).when(disputed('Reinstated', 10_000));
    first.thenStatus({ hold: 'held', dispute: 'open' }).thenOrder(figures({ net: 10_000 }));
    expect(openLaws(first)).toEqual(['M3 payment:p1']);
    first.harness.execute(disputed('Withdrawn', 10_000));
    first.thenStatus({ hold: 'clear' }).thenOrder(figures({ net: 10_000, disputed: 0 }));
  });

  it('says what each event adds, also the one that it is lost', () => {
    const { harness } = paid
      .given(...arrived)
      .when(disputed('Withdrawn', 3_000), disputed('Withdrawn', 4_000), disputed('Lost', 10_000));
    const told = harness.events
      .filter(({ type }) => type.startsWith('payment.dispute_'))
      .map(({ type, data }) => [type, data['amount'], data['delta'], data['currency']]);
    expect(told).toEqual([
      ['payment.dispute_withdrawn', 3_000, 3_000, 'EUR'],
      ['payment.dispute_withdrawn', 4_000, 1_000, 'EUR'],
      ['payment.dispute_lost', 10_000, 6_000, 'EUR'],
    ]);
  });

  it('that is reported again, or with what is known, changes nothing', () => {
    const reports = [disputed('Opened', 10_000, { dueBy: 9 }), disputed('Withdrawn', 10_000)];
    paid
      .given(...arrived, ...reports)
      .when(...reports, disputed('Opened', 5_000, { dueBy: 8 }), disputed('Withdrawn', 4_000))
      .thenNothing();
  });

  it('of an amount in another currency is refused, and one without a currency is no report', () => {
    const inDollars = { currency: 'USD' };
    paid
      .given(...arrived)
      .when(disputed('Withdrawn', 10_000, inDollars))
      .thenRejected('currencyMismatch');
    paid
      .given(...arrived)
      .when(disputed('Opened', 10_000, inDollars))
      .thenRejected('currencyMismatch');
    for (const outcome of ['Opened', 'Lost'] as const) {
      for (const wrong of [{ amount: 1 }, { currency: 'EUR' }]) {
        const report = disputed(outcome, undefined, wrong);
        expect(() => paid.given(...arrived).when(report)).toThrow(/currency/);
      }
    }
  });
});

describe('two disputes', () => {
  const second = { objectId: 'dp_2' };

  it('of one payment are added up, and one that is open is seen before one that is over', () => {
    const given = paid.given(...arrived, disputed('Withdrawn', 3_000), disputed('Lost'));
    const open = given.when(disputed('Withdrawn', 5_000, second));
    open
      .thenStatus({ dispute: 'open', lifecycle: 'confirmed' })
      .thenOrder(figures({ net: 2_000, disputed: 8_000, chargedBack: 3_000, due: 5_000 }));
    open.harness.execute(disputed('Reinstated', 5_000, second));
    open.harness.execute(disputed('Won', undefined, second));
    open.thenStatus({ dispute: 'lost', lifecycle: 'completed' });
  });

  it('of two payments are each their own, also under one id', () => {
    const other = { paymentId: 'p2' };
    paid
      .given(place(), sold(5_000), sold(5_000, other), dispatch({ a: 1 }), delivered({ a: 1 }))
      .when(disputed('Withdrawn', 5_000), disputed('Won', undefined, other))
      .thenStatus({ dispute: 'open' })
      .thenOrder(figures({ net: 5_000, disputed: 5_000 }));
  });
});

describe('a returned debit', () => {
  it('is one report: lost, with what it took', () => {
    paid
      .given(...arrived)
      .when(disputed('Lost', 10_000, { reason: 'AC04' }))
      .thenEvents('payment.dispute_lost')
      .thenStatus({ lifecycle: 'completed', dispute: 'lost' })
      .thenOrder(figures({ net: 0, chargedBack: 10_000, currentTotal: 0, ...settled }));
  });

  it('keeps goods back that have not left, and is paid anew with over: true', () => {
    const returned = paid.given(place(), sold(10_000), disputed('Lost', 10_000));
    returned.when(dispatch({ a: 1 })).thenRejected('guardRefused', {
      guard: 'secured',
      figures: { secured: 0, required: 10_000, disputed: 10_000 },
    });
    const authorize = { type: 'payment.authorize', paymentId: 'p2', amount: 10_000 };
    const again = { ...authorize, currency: 'EUR', sale: true };
    const bounced = paid.given(place(), sold(10_000), disputed('Lost', 10_000));
    bounced.when(again).thenRejected('lawBroken', { law: 'M12' });
    const asked = paid
      .given(place(), sold(10_000), disputed('Lost', 10_000))
      .when({ ...again, over: true });
    const by = { paymentId: 'p2', operationId: lastOperation(asked) };
    asked.harness.execute(sold(10_000, by));
    asked.harness.execute(dispatch({ a: 1 }));
    asked.harness.execute(delivered({ a: 1 }));
    asked
      .thenStatus({ lifecycle: 'completed', payment: 'paid', fulfillment: 'delivered' })
      .thenOrder(figures({ net: 10_000, currentTotal: 10_000, ...settled }));
  });
});
