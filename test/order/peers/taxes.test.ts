import { expect } from 'vitest';
import { orderFigures } from '../../../src/order/order-figures.ts';
import {
  cancel,
  creditUnits,
  lastOperation,
  line,
  paid,
  place,
  refunded,
  refundUnits,
  sold,
} from '../commands.ts';
import { askedBack, included, oneByOne, pricesIn, refundEach, refundOf } from '../prices.ts';
import { scenario } from './scenario.ts';

// Prices that include their tax, taxes by code, and what goes back of each.

const vat = (rate: string, amount: number) => ({ code: 'vat', rate, amount });
const noIncludedTax = 'could not be said: a price that includes its tax';
const noTaxOfRefund = 'could not be said: how much of a refund was tax';

scenario(
  { peer: 'woocommerce #20440', before: noIncludedTax },
  '45.00, 49.00 and shipping of 4.96 and tax cost 100.00, to the cent',
  () => {
    const lines = [line('a', 1, 4_500, included(781)), line('b', 1, 4_900, included(850))];
    const charges = [{ id: 'shipping', amount: 496, tax: 104 }];
    paid
      .given(place({ lines, charges, total: 10_000 }))
      .when(sold(10_000))
      .thenStatus({ payment: 'paid' })
      .thenOrder((order) => {
        expect(order.lines.map(({ net, tax }) => [net, tax])).toEqual([
          [3_719, 781],
          [4_050, 850],
        ]);
        expect(orderFigures(order)).toMatchObject({ total: 10_000, due: 0, owed: 0 });
      });
  },
);

scenario(
  { peer: 'woocommerce #23917', before: noIncludedTax },
  '599.00 with two taxes in it stays 599.00, and each tax goes back in full',
  () => {
    const taxes = [
      { code: 'central', rate: '9', amount: 4_569 },
      { code: 'state', rate: '9', amount: 4_568 },
    ];
    const lines = [line('a', 3, 59_900, { taxIncluded: true, taxes })];
    const order = place({ lines, total: 179_700 });
    const { harness } = paid.given(order, sold(179_700)).when();
    const prices = refundEach(harness, oneByOne(3)).flat();
    expect(prices.map(({ amount }) => amount)).toEqual([59_900, 59_900, 59_900]);
    const byCode = [0, 1].map((at) => prices.map((price) => price.taxes?.[at]?.amount));
    expect(byCode).toEqual([
      [1_523, 1_523, 1_523],
      [1_522, 1_523, 1_523],
    ]);
  },
);

scenario(
  { peer: ['woocommerce PR #34641', 'woocommerce #30263'], before: noIncludedTax },
  'two at 2.10 are refunded for 4.20, one line after the other, and for no cent more',
  () => {
    const lines = ['a', 'b'].map((id) => line(id, 1, 210, included(41)));
    const { harness } = paid.given(place({ lines, total: 420 }), sold(420)).when();
    const refunds = ['a', 'b'].map((id) => refundUnits({ [id]: 1 }, 'correction'));
    const prices = refundEach(harness, refunds).flat();
    expect(prices).toMatchObject([
      { amount: 210, net: 169, tax: 41 },
      { amount: 210, net: 169, tax: 41 },
    ]);
    expect(harness.execute(refundOf('line:a', 1))).toMatchObject({ rejection: { law: 'M3' } });
  },
);

scenario(
  { peer: 'woocommerce PR #63046', before: noIncludedTax },
  '50.00 asked back of a line with two decimal rates are 50.00, not 50.01',
  () => {
    const taxes = [
      { code: 'state', rate: '8.875', amount: 1_593 },
      { code: 'city', rate: '2.3', amount: 413 },
    ];
    const order = place({ lines: [line('a', 2, 10_000, { taxIncluded: true, taxes })] });
    const prices = askedBack(order, 20_000, refundOf('line:a', 5_000));
    expect(prices).toMatchObject([{ amount: 5_000, net: 4_499, tax: 501 }]);
    expect(prices[0]?.taxes?.map(({ amount }) => amount)).toEqual([398, 103]);
  },
);

scenario(
  { peer: ['medusa #13883', 'medusa #14136', 'medusa PR #14237'], before: noIncludedTax },
  'what can be refunded is what was paid, and no second tax on it',
  () => {
    const order = place({ lines: [line('a', 3, 999, included(479))] });
    const given = paid.given(order, sold(2_997));
    const tooMuch = given.when(refundOf('line:a', 3_476));
    tooMuch.thenRejected('lawBroken', { law: 'M3' }).thenOrder((after) => {
      expect(orderFigures(after)).toMatchObject({ currentTotal: 2_997, net: 2_997, owed: 0 });
    });
    given.when(refundOf('line:a', 2_997)).thenOrder((after) => {
      expect(after.payments[0]?.refundPending).toBe(2_997);
    });
  },
);

scenario(
  { peer: 'vendure #2662', before: noIncludedTax },
  'ten at 38.23 cost 382.30, and 358.60 less 6.2 percent, however the net is rounded',
  () => {
    const discounts = [{ code: 'trade', amount: 2_370 }];
    const lines = [line('a', 10, 3_823, included(5_977, { discounts }))];
    paid
      .given()
      .when(place({ lines, total: 35_860 }))
      .thenOrder(({ total, lines: [a] }) => {
        expect(total).toBe(35_860);
        expect(a).toMatchObject({ net: 29_883, tax: 5_977, discounts });
      });
  },
);

scenario(
  { peer: 'prestashop #9854', before: noIncludedTax },
  'of a line of 75.00 less 24.00 a credit gives 51.00 back: 42.50 and 8.50 of tax',
  () => {
    const lines = [
      line('a', 1, 7_500, included(850, { discounts: [{ code: 'sale', amount: 2_400 }] })),
      line('b', 1, 4_500, included(750)),
    ];
    const given = paid.given(place({ lines, total: 9_600 }), sold(9_600));
    const credited = given.when(creditUnits({ a: 1 }, 'correction'));
    expect(pricesIn(credited.harness, 'order.credited')).toMatchObject([
      { component: 'line:a', amount: 5_100, net: 4_250, tax: 850 },
    ]);
    credited.thenOrder((order) => {
      expect(orderFigures(order)).toMatchObject({ currentTotal: 4_500, owed: 5_100 });
    });
  },
);

scenario(
  { peer: 'magento2 #14713', before: noTaxOfRefund },
  'one of two lines goes back with its own tax of 11.00, not with all 21.00',
  () => {
    const lines = [line('a', 1, 10_000, { tax: 1_000 }), line('b', 1, 11_000, { tax: 1_100 })];
    const prices = askedBack(place({ lines }), 23_100, refundUnits({ b: 1 }, 'correction'));
    expect(prices).toMatchObject([{ component: 'line:b', amount: 12_100, tax: 1_100 }]);
  },
);

scenario(
  { peer: 'magento2 #9929', before: 'could not be said: taxes by code' },
  'a line at 19 percent goes back without the 7 percent of another',
  () => {
    const lines = [
      line('book', 1, 1_000, { taxes: [{ code: 'reduced', rate: '7', amount: 70 }] }),
      line('lamp', 1, 8_674, { taxes: [{ code: 'full', rate: '19', amount: 1_648 }] }),
    ];
    const order = place({ lines });
    const prices = askedBack(order, 11_392, refundUnits({ lamp: 1 }, 'correction'));
    expect(prices).toMatchObject([{ amount: 10_322, taxes: [{ code: 'full', amount: 1_648 }] }]);
    expect(prices[0]?.taxes).toHaveLength(1);
  },
);

scenario(
  { peer: 'magento2 #38388', before: 'could not be said: a credit, and its tax' },
  'three credits of a unit each have 19.00 of tax, none 19.01 or 18.99',
  () => {
    const lines = [line('a', 3, 10_500, { discount: 1_500, taxes: [vat('19', 5_700)] })];
    const { harness } = paid.given(place({ lines, total: 35_700 }), sold(35_700)).when();
    const taxes = [1, 2, 3].map((at) => {
      harness.execute({ ...creditUnits({ a: 1 }, 'correction'), creditId: `credit-${at}` });
      return pricesIn(harness, 'order.credited').map(({ net, tax }) => [net, tax]);
    });
    expect(taxes).toEqual(Array(3).fill([[10_000, 1_900]]));
    expect(harness.state?.order.lines[0]?.taxes).toMatchObject([{ credited: 5_700 }]);
  },
);

scenario(
  { peer: 'magento2 #38088', before: noIncludedTax },
  'shipping of 125.00 that is 113.63 and 11.36 goes back whole, and the goods can follow',
  () => {
    const charges = [{ id: 'shipping', amount: 12_500, ...included(1_137) }];
    const lines = [line('a', 1, 65_526, included(5_111))];
    const { harness } = paid.given(place({ lines, charges }), sold(78_026)).when();
    const prices = refundEach(harness, [
      refundOf('charge:shipping', 12_500),
      refundUnits({ a: 1 }, 'correction'),
    ]).flat();
    expect(prices).toMatchObject([
      { component: 'charge:shipping', amount: 12_500, net: 11_363, tax: 1_137 },
      { component: 'line:a', amount: 65_526, net: 60_415, tax: 5_111 },
    ]);
    expect(harness.state?.status).toMatchObject({ refund: 'full' });
  },
);

scenario(
  { peer: 'shopify #397', before: 'could not be said: taxes by code' },
  'shipping goes back with each of its taxes, not with their sum alone',
  () => {
    const taxes = [
      { code: 'new-york-state', rate: '4', amount: 60 },
      { code: 'new-york-county', rate: '4.875', amount: 73 },
    ];
    const order = place({ charges: [{ id: 'shipping', amount: 1_500, taxes }] });
    const prices = askedBack(order, 11_633, refundOf('charge:shipping', 1_633));
    expect(prices).toEqual([
      {
        component: 'charge:shipping',
        amount: 1_633,
        net: 1_500,
        tax: 133,
        taxes: taxes.map(({ code, amount }) => ({ code, amount })),
        units: null,
      },
    ]);
  },
);

scenario(
  { peer: 'prestashop #24663', before: noTaxOfRefund },
  'net prices go back with their tax',
  () => {
    const order = place({ lines: [line('a', 2, 5_000, { tax: 2_200 })] });
    const prices = askedBack(order, 12_200, refundUnits({ a: 1 }, 'correction'));
    expect(prices).toMatchObject([{ amount: 6_100, net: 5_000, tax: 1_100 }]);
  },
);

scenario(
  { peer: 'vendure #989', before: 'right' },
  'a cancelled order gives the tax of its shipping back too, and can end',
  () => {
    const charges = [{ id: 'shipping', amount: 500, tax: 100 }];
    const order = place({ lines: [line('a', 1, 1_000, { tax: 200 })], charges });
    const asked = paid.given(order, sold(1_800)).when(cancel());
    asked.harness.execute(refunded(1_800, { operationId: lastOperation(asked) }));
    asked.thenStatus({ lifecycle: 'cancelled', refund: 'full' }).thenOrder((after) => {
      expect(orderFigures(after)).toMatchObject({ net: 0, due: 0, owed: 0 });
    });
  },
);

scenario(
  { peer: 'medusa #14817', before: 'could not be said: a rate of tax' },
  '24.99 at 10.75 percent and shipping of 6.44 cost 34.12, as the provider charges',
  () => {
    const lines = [line('a', 1, 2_499, { taxes: [vat('10.75', 269)] })];
    const charges = [{ id: 'shipping', amount: 644 }];
    paid
      .given(place({ lines, charges, total: 3_412 }))
      .when(sold(3_412))
      .thenStatus({ lifecycle: 'confirmed', payment: 'paid', refund: 'none' })
      .thenOrder((order) => {
        expect(order.lines[0]?.taxes).toEqual([vat('10.75', 269)]);
        expect(orderFigures(order)).toMatchObject({ due: 0, owed: 0 });
      });
  },
);
