import { describe, expect, it } from 'vitest';
import {
  cancel,
  creditUnits,
  line,
  paid,
  place,
  refundAmount,
  refundUnits,
  sold,
} from './commands.ts';
import { included, oneByOne, type Price, pricesIn, refundEach, refundOf } from './prices.ts';

describe('prices that include their tax go back as printed', () => {
  it('3 x 9.99 including 19 % goes back as printed: 9.99 for each unit', () => {
    const { harness } = paid
      .given(place({ lines: [line('a', 3, 999, included(479))] }), sold(2997))
      .when();
    const prices = refundEach(harness, oneByOne(3)).flat();
    expect(prices).toMatchObject([
      { amount: 999, net: 840, tax: 159 },
      { amount: 999, net: 839, tax: 160 },
      { amount: 999, net: 839, tax: 160 },
    ]);
  });

  it('ten at 23.90 less a quarter cost 179.25, and 179.25 goes back, at once or one by one', () => {
    const lines = [line('a', 10, 2390, included(2988, { discount: 5975 }))];
    const { harness } = paid.given(place({ lines, total: 17_925 }), sold(17_925)).when();
    const prices = refundEach(harness, oneByOne(10)).flat();
    expect(prices.reduce((sum, price) => sum + price.amount, 0)).toBe(17_925);
    expect(prices.reduce((sum, price) => sum + price.tax, 0)).toBe(2988);
    const whole = paid
      .given(place({ lines }), sold(17_925))
      .when(refundUnits({ a: 10 }, 'correction'));
    expect(pricesIn(whole.harness, 'payment.refund_requested')).toMatchObject([
      { amount: 17_925, net: 14_937, tax: 2988 },
    ]);
  });

  it('three at 980 yen with tax in them are refunded for 2940 yen, and not for more', () => {
    const yen = { currency: 'JPY' };
    const lines = [line('a', 3, 980, included(267))];
    const given = paid.given(place({ ...yen, lines }), sold(2940, yen));
    const beyond = { kind: 'amount', amount: 2941, ...yen };
    given
      .when({ type: 'payment.refund', cause: 'correction', of: beyond })
      .thenRejected('lawBroken', { law: 'M6' });
    const { harness } = given.when();
    const prices = refundEach(harness, oneByOne(3), 'JPY').flat();
    expect(prices.map(({ amount, tax }) => [amount, tax])).toEqual([
      [980, 89],
      [980, 89],
      [980, 89],
    ]);
  });

  it('seven at 1.999 dinar are exact to the fils', () => {
    const dinar = { currency: 'KWD' };
    const lines = [line('a', 7, 1999, included(1825))];
    const { harness } = paid.given(place({ ...dinar, lines }), sold(13_993, dinar)).when();
    const prices = refundEach(harness, oneByOne(7), 'KWD').flat();
    expect(prices.map(({ amount }) => amount)).toEqual(Array(7).fill(1999));
    expect(prices.reduce((sum, { tax }) => sum + tax, 0)).toBe(1825);
  });
});

describe('what goes back has the tax of what it is for', () => {
  const taxes = [
    { code: 'vat', rate: '19', amount: 5700 },
    { code: 'city', rate: '1.9', amount: 571 },
  ];

  it('three units with 57.00 of tax go back with 19.00 each', () => {
    const given = (more: object) => place({ lines: [line('a', 3, 10_000, more)] });
    const plain = paid.given(given({ tax: 5700 }), sold(35_700)).when();
    const prices = refundEach(plain.harness, oneByOne(3)).flat();
    expect(prices.map(({ tax }) => tax)).toEqual([1900, 1900, 1900]);
    const byCode = paid.given(given({ taxes }), sold(36_271)).when();
    const taxesOf = refundEach(byCode.harness, oneByOne(3)).map(([price]) => price?.taxes);
    expect(taxesOf).toEqual(
      [191, 190, 190].map((city) => [
        { code: 'vat', amount: 1900 },
        { code: 'city', amount: city },
      ]),
    );
    byCode.thenOrder(({ lines }) => {
      expect(lines[0]).toMatchObject({ creditedAmount: 36_271, creditedTax: 6271 });
      expect(lines[0]?.taxes?.map(({ credited }) => credited)).toEqual([5700, 571]);
    });
  });

  it('shipping of 149.00 and 28.31 of tax goes back exactly, at once or in parts', () => {
    const shipping = { id: 'shipping', amount: 14_900, taxes: [{ code: 'vat', amount: 2831 }] };
    const given = () => paid.given(place({ charges: [shipping] }), sold(27_731));
    const { harness } = given().when();
    expect(refundEach(harness, [refundOf('charge:shipping', 17_731)])).toMatchObject([
      [{ amount: 17_731, net: 14_900, tax: 2831, taxes: [{ code: 'vat', amount: 2831 }] }],
    ]);
    const parts = [5910, 5910, 5911].map((amount) => refundOf('charge:shipping', amount));
    const prices = refundEach(given().when().harness, parts).flat();
    expect(prices.map(({ amount }) => amount)).toEqual([5910, 5910, 5911]);
    expect(prices.reduce((sum, { tax }) => sum + tax, 0)).toBe(2831);
  });

  it('of net prices the tax goes back too, for units and for amounts', () => {
    const lines = [line('a', 2, 1000, { tax: 440 }), line('b', 1, 500)];
    const given = paid.given(place({ lines }), sold(2940));
    const ofUnits = given.when(refundUnits({ a: 1 }, 'correction'));
    expect(pricesIn(ofUnits.harness, 'payment.refund_requested')).toEqual([
      { component: 'line:a', amount: 1220, net: 1000, tax: 220, units: 1 },
    ]);
    const ofAmount = paid
      .given(place({ lines }), sold(2940))
      .when(refundAmount(1470, 'correction'));
    expect(pricesIn(ofAmount.harness, 'payment.refund_requested')).toEqual([
      { component: 'line:a', amount: 1220, net: 1000, tax: 220, units: null },
      { component: 'line:b', amount: 250, net: 250, tax: 0, units: null },
    ]);
  });

  it('a part that was refunded before is not refunded again with the units', () => {
    const lines = [line('a', 2, 1000, { tax: 201 })];
    const { harness } = paid.given(place({ lines }), sold(2201)).when();
    const commands = [refundAmount(1500, 'correction'), ...oneByOne(1)];
    const prices = refundEach(harness, commands).flat();
    expect(prices.map(({ net, tax }) => [net, tax])).toEqual([
      [1363, 137],
      [637, 64],
    ]);
  });

  it('cancelled units are no longer owed with net, tax and taxes', () => {
    const outcome = paid
      .given(place({ lines: [line('a', 3, 10_000, { taxes })] }))
      .when(cancel({ a: 2 }));
    expect(pricesIn(outcome.harness, 'order.units_cancelled')).toEqual([
      {
        lineId: 'a',
        units: 2,
        amount: 24_181,
        net: 20_000,
        tax: 4181,
        taxes: [
          { code: 'vat', amount: 3800 },
          { code: 'city', amount: 381 },
        ],
      },
    ]);
    outcome.thenOrder((after) => {
      expect(after.lines[0]).toMatchObject({ cancelledAmount: 24_181, cancelledTax: 4181 });
      expect(after.lines[0]?.taxes?.map(({ cancelled }) => cancelled)).toEqual([3800, 381]);
      expect(after.lines[0]?.creditedTax).toBeUndefined();
    });
  });

  it('a refund over two payments splits the tax between them, exactly', () => {
    const lines = [line('a', 1, 10_000, { taxes })];
    const { harness } = paid
      .given(place({ lines }), sold(9000), sold(7271, { paymentId: 'p2' }))
      .when(refundUnits({ a: 1 }, 'correction'));
    const asked = harness.events.filter(({ type }) => type === 'payment.refund_requested');
    const prices = asked.flatMap(({ data }) => data['allocation'] as unknown as readonly Price[]);
    expect(prices.map(({ amount }) => amount)).toEqual([9000, 7271]);
    expect(prices.reduce((sum, { net }) => sum + net, 0)).toBe(10_000);
    const vat = prices.map((price) => price.taxes?.[0]?.amount ?? 0);
    expect(vat.reduce((sum, amount) => sum + amount, 0)).toBe(5700);
  });

  it('a cancelled order that two payments paid explains each of its parts once', () => {
    const lines = [line('a', 1, 10_000, { tax: 1900 })];
    const { harness } = paid
      .given(place({ lines }), sold(6000), sold(7000, { paymentId: 'p2' }))
      .when(cancel());
    const asked = harness.events.filter(({ type }) => type === 'payment.refund_requested');
    const parts = asked.map(({ data }) => data['allocation'] as unknown as readonly Price[]);
    expect(parts).toMatchObject([
      [{ component: 'line:a', amount: 6000 }],
      [
        { component: 'line:a', amount: 5900 },
        { component: 'overpayment', amount: 1100, net: 1100, tax: 0 },
      ],
    ]);
    expect(parts.flat().reduce((sum, { tax }) => sum + tax, 0)).toBe(1900);
  });

  it('goodwill has no tax', () => {
    const lines = [line('a', 1, 10_000, { taxes })];
    const outcome = paid.given(place({ lines }), sold(16_271)).when(refundAmount(500));
    expect(pricesIn(outcome.harness, 'payment.refund_requested')).toEqual([
      { component: 'goodwill', amount: 500, net: 500, tax: 0, units: null },
    ]);
  });
});

it('what has no tax is counted without any', () => {
  const free = [
    { code: 'vat', rate: '19', amount: 1_900 },
    { code: 'levy', amount: 0 },
  ];
  const lines = [line('a', 2, 10_000), line('b', 1, 10_000, { taxes: free })];
  paid
    .given(place({ lines }))
    .when(cancel({ a: 1 }), creditUnits({ a: 1, b: 1 }, 'correction'))
    .thenOrder(({ lines: [plain, taxed] }) => {
      expect(plain).not.toHaveProperty('cancelledTax');
      expect(plain).not.toHaveProperty('creditedTax');
      expect(taxed?.creditedTax).toBe(1_900);
      expect(taxed?.taxes?.map(({ credited }) => credited)).toEqual([1_900, undefined]);
    });
});
