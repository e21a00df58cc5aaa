import { expect } from 'vitest';
import { formatMinorUnits } from '../../../src/order/money.ts';
import { orderFigures } from '../../../src/order/order-figures.ts';
import {
  authorized,
  byAuthorization,
  capture,
  captured,
  delivered,
  dispatch,
  lastOperation,
  line,
  paid,
  place,
  refundAmount,
  refundUnits,
  reportPayment,
  sold,
} from '../commands.ts';
import { included, oneByOne, pricesIn, refundEach, refundOf } from '../prices.ts';
import { scenario } from './scenario.ts';

// Currencies of no and of three decimals, and sums that must come out to the last minor unit.

const yen = { currency: 'JPY' };
const dinar = { currency: 'BHD' };
const amountOf = (amount: number, currency: string, cause = 'correction') =>
  refundAmount(amount, cause, { of: { kind: 'amount', amount, currency } });

scenario(
  { peer: 'woo-stripe #435', before: 'right' },
  '9,899 yen are refunded as 9,899, not as 989,900, and in no other currency',
  () => {
    const given = paid.given(place({ ...yen, lines: [line('a', 1, 9_899)] }), sold(9_899, yen));
    given.when(amountOf(989_900, 'JPY')).thenRejected('lawBroken', { law: 'M6' });
    given.when(amountOf(9_899, 'USD')).thenRejected('currencyMismatch');
    given.when(amountOf(9_899, 'JPY')).thenOrder((order) => {
      expect(order.payments[0]?.refundPending).toBe(9_899);
    });
    expect(formatMinorUnits(9_899, 'JPY')).toBe('9899');
  },
);

scenario(
  { peer: 'magento2 #1240', before: 'could not be said: a price that includes its tax' },
  'a price in yen with tax in it stays as printed, whether the tax was rounded down or up',
  () => {
    for (const tax of [307, 308]) {
      const lines = [line('a', 3, 1_127, included(tax))];
      const order = place({ ...yen, lines, total: 3_381 });
      const { harness } = paid.given(order, sold(3_381, yen)).when();
      const prices = refundEach(harness, oneByOne(3), 'JPY').flat();
      expect(prices.map(({ amount }) => amount)).toEqual([1_127, 1_127, 1_127]);
      expect(prices.reduce((sum, price) => sum + price.tax, 0)).toBe(tax);
    }
  },
);

scenario(
  { peer: 'shopify #397', before: 'could not be said: taxes and discounts by code' },
  'a coupon of 100 yen over lines of two rates goes back whole, tax by tax',
  () => {
    const lines = [
      line('tea', 3, 432, { taxIncluded: true, taxes: [{ code: 'r8', rate: '8', amount: 93 }] }),
      line('cup', 1, 980, {
        taxIncluded: true,
        taxes: [{ code: 'r10', rate: '10', amount: 85 }],
      }),
    ];
    const order = place({ ...yen, lines, discounts: [{ code: 'coupon', amount: 100 }] });
    const given = paid.given(order, sold(2_176, yen));
    given.when().thenOrder(({ lines: placed }) => {
      expect(placed.map(({ discounts }) => discounts?.[0]?.amount)).toEqual([57, 43]);
    });
    const { harness } = given.when();
    const refunds = [...Array(3).fill({ tea: 1 }), { cup: 1 }];
    const prices = refundEach(
      harness,
      refunds.map((units) => refundUnits(units, 'correction')),
      'JPY',
    ).flat();
    expect(prices.map(({ amount }) => amount)).toEqual([413, 413, 413, 937]);
    expect(prices.map(({ tax }) => tax)).toEqual([31, 31, 31, 85]);
  },
);

scenario(
  { peer: 'woo-stripe #2720', before: 'wrong: goods for 35.200 left, and 3.520 had been paid' },
  'a capture of a tenth of a price in dinars is seen as a tenth, and keeps the goods back',
  () => {
    const order = place({ ...dinar, lines: [line('a', 1, 35_200)] });
    const asked = byAuthorization
      .given(order, authorized(35_200, dinar))
      .when(capture(35_200, { ...dinar, releaseRemainder: true }));
    const operationId = lastOperation(asked);
    asked.harness.execute(captured(3_520, { ...dinar, operationId }));
    asked.harness.execute(reportPayment('voided', 31_680, dinar));
    asked.thenStatus({ payment: 'partiallyPaid' }).thenOrder((after) => {
      expect(orderFigures(after)).toMatchObject({ net: 3_520, secured: 3_520, due: 31_680 });
    });
    expect(asked.harness.execute(dispatch({ a: 1 }))).toMatchObject({
      rejection: { guard: 'secured' },
    });
    expect(formatMinorUnits(31_680, 'BHD')).toBe('31.680');
  },
);

scenario(
  { peer: 'woo-stripe PR #5162', before: 'could not be said: how much of a refund was tax' },
  'a part of a price in dinars goes back to the fils, its tax with it, and the rest too',
  () => {
    const lines = [line('a', 2, 7_525, { tax: 1_505 })];
    const order = place({ ...dinar, lines, total: 16_555 });
    const { harness } = paid.given(order, sold(16_555, dinar)).when();
    const refunds = [refundOf('line:a', 1_234, 'BHD'), refundOf('line:a', 15_321, 'BHD')];
    const prices = refundEach(harness, refunds, 'BHD').flat();
    expect(prices.map(({ net, tax }) => [net, tax])).toEqual([
      [1_122, 112],
      [13_928, 1_393],
    ]);
    expect(harness.state?.status).toMatchObject({ refund: 'full' });
    expect(formatMinorUnits(1_234, 'BHD')).toBe('1.234');
  },
);

scenario(
  { peer: ['medusa PR #14496', 'medusa #13091', 'medusa #15315'], before: 'right' },
  '87.957975 is no amount, and the 87.96 that were paid go back in full',
  () => {
    const given = paid.given(place({ lines: [line('a', 1, 8_796)] }), sold(8_796));
    const { harness } = given.when();
    expect(() => harness.execute(captured(8_795.7975))).toThrow('amount');
    refundEach(harness, [amountOf(8_796, 'EUR')]);
    expect(harness.state?.status).toMatchObject({ payment: 'paid', refund: 'full' });
  },
);

scenario(
  { peer: 'prestashop #40271', before: 'right' },
  'nine at 13.9563 and tax are refunded one by one for exactly what was paid',
  () => {
    const lines = [line('a', 9, 1_396, { discount: 3 })];
    const delivery = [dispatch({ a: 9 }), delivered({ a: 9 })];
    const order = place({ lines, total: 12_561 });
    const { harness } = paid.given(order, sold(12_561), ...delivery).when();
    const prices = refundEach(harness, oneByOne(9)).flat();
    expect(prices.map(({ amount }) => amount)).toEqual([
      ...Array(6).fill(1_396),
      ...Array(3).fill(1_395),
    ]);
    expect(harness.state?.status).toMatchObject({ lifecycle: 'completed', refund: 'full' });
  },
);

scenario(
  { peer: 'prestashop #23821', before: 'could not be said: a price that includes its tax' },
  'three hundred at 0.04 with a sixth of tax in it: the credit is the invoice again',
  () => {
    const lines = [line('a', 300, 4, included(200))];
    const charges = [{ id: 'shipping', amount: 199, ...included(33) }];
    const asked = paid
      .given(place({ lines, charges, total: 1_399 }), sold(1_399))
      .when(amountOf(1_399, 'EUR'));
    expect(pricesIn(asked.harness, 'payment.refund_requested')).toMatchObject([
      { component: 'line:a', amount: 1_200, net: 1_000, tax: 200 },
      { component: 'charge:shipping', amount: 199, net: 166, tax: 33 },
    ]);
  },
);
