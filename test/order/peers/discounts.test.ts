import { expect } from 'vitest';
import { orderFigures } from '../../../src/order/order-figures.ts';
import { cancel, line, paid, place, refundUnits, sold } from '../commands.ts';
import { askedBack, oneByOne, pricesIn, refundEach, refundOf } from '../prices.ts';
import { scenario } from './scenario.ts';

// Coupons and promotions: what goes back is what was paid, not what was on the label.

const noTaxOfRefund = 'could not be said: how much of a refund was tax';

scenario(
  { peer: ['medusa #15885', 'medusa PR #15929'], before: noTaxOfRefund },
  'a unit of two at 100.00 less 20.00 and with 10 percent of tax goes back for 99.00',
  () => {
    const order = place({ lines: [line('a', 2, 10_000, { discount: 2_000, tax: 1_800 })] });
    const prices = askedBack(order, 19_800, refundUnits({ a: 1 }, 'correction'));
    expect(prices).toMatchObject([{ amount: 9_900, net: 9_000, tax: 900 }]);
  },
);

scenario(
  { peer: 'prestashop #18319', before: 'could not be said: a discount by code' },
  'of 150.00 and 60.00 less 20 percent the first goes back for 120.00, with its own discount',
  () => {
    const lines = [line('a', 1, 15_000), line('b', 1, 6_000)];
    const discounts = [{ code: 'SAVE20', amount: 4_200 }];
    const asked = paid
      .given(place({ lines, discounts, total: 16_800 }), sold(16_800))
      .when(refundUnits({ a: 1 }, 'correction'));
    expect(pricesIn(asked.harness, 'payment.refund_requested')).toMatchObject([
      { component: 'line:a', amount: 12_000 },
    ]);
    asked.thenOrder((order) => {
      expect(order.lines.map((entry) => entry.discounts)).toEqual([
        [{ code: 'SAVE20', amount: 3_000 }],
        [{ code: 'SAVE20', amount: 1_200 }],
      ]);
      expect(orderFigures(order).currentTotal).toBe(4_800);
    });
  },
);

scenario(
  { peer: 'vendure #4811', before: 'right' },
  'a cancelled line takes its share of the order’s discount along, and the other costs as before',
  () => {
    const lines = [line('a', 1, 10_000), line('b', 1, 5_000)];
    const asked = paid
      .given(place({ lines, discount: 3_000 }), sold(12_000))
      .when(cancel({ a: 1 }));
    expect(asked.harness.events.at(-1)?.data).toMatchObject({ amount: 8_000 });
    asked.thenOrder((order) => {
      expect(order.lines[1]).toMatchObject({ net: 4_000, cancelledAmount: 0 });
      expect(orderFigures(order)).toMatchObject({ currentTotal: 4_000, owed: 0 });
    });
  },
);

scenario(
  { peer: ['vendure #2393', 'vendure #2762'], before: 'right' },
  'a cancelled order that had a coupon gives back what was paid, not what the goods cost',
  () => {
    const lines = [line('a', 2, 5_000), line('b', 1, 2_500)];
    const asked = paid.given(place({ lines, discount: 1_000 }), sold(11_500)).when(cancel());
    const refunds = asked.harness.events.filter(({ type }) => type === 'payment.refund_requested');
    expect(refunds).toMatchObject([{ data: { amount: 11_500 } }]);
    const prices = pricesIn(asked.harness, 'payment.refund_requested');
    expect(prices.map(({ amount }) => amount)).toEqual([9_200, 2_300]);
  },
);

scenario(
  { peer: 'sylius-refund #252', before: 'could not be said: a discount on shipping' },
  'shipping that was free by a promotion cannot be refunded',
  () => {
    const discounts = [{ code: 'free-shipping', amount: 500 }];
    const order = place({ charges: [{ id: 'shipping', amount: 500, discounts }] });
    paid
      .given(order, sold(10_000))
      .when(refundOf('charge:shipping', 500))
      .thenRejected('lawBroken', { law: 'M6' })
      .thenOrder((after) => expect(orderFigures(after).currentTotal).toBe(10_000));
  },
);

scenario(
  {
    peer: 'sylius-refund test: Refunding the whole order unit price after partial refund',
    before: noTaxOfRefund,
  },
  'a unit of 12.30 of which 5.00 went back goes back for the 7.30 that are left',
  () => {
    const order = place({ lines: [line('a', 1, 1_000, { tax: 230 })] });
    const { harness } = paid.given(order, sold(1_230)).when();
    const prices = refundEach(harness, [refundOf('line:a', 500), ...oneByOne(1)]).flat();
    expect(prices.map(({ amount }) => amount)).toEqual([500, 730]);
    expect(prices.map(({ net, tax }) => [net, tax])).toEqual([
      [407, 93],
      [593, 137],
    ]);
  },
);
