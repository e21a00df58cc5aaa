import { describe, expect, it } from 'vitest';
import { createOrderHarness } from '../../src/testing/harness.ts';
import { line, type PlaceFields, paid, place } from './commands.ts';
import { included } from './prices.ts';

const order = (fields: PlaceFields) => paid.given().when(place(fields));

/** The rejection of an order that is not placed. */
function refusalOf(fields: PlaceFields) {
  const decision = createOrderHarness().execute(place(fields));
  return decision.status === 'rejected' ? decision.rejection : undefined;
}

describe('prices that include their tax', () => {
  it('3 x 9.99 including 19 % is placed as printed, however the tax was rounded', () => {
    for (const tax of [477, 478, 479, 480]) {
      order({ lines: [line('a', 3, 999, included(tax))], total: 2997 }).thenOrder(
        ({ total, lines }) => {
          expect(total).toBe(2997);
          expect(lines[0]).toMatchObject({ unitPrice: 999, net: 2997 - tax, tax });
          expect(lines[0]?.taxIncluded).toBe(true);
        },
      );
    }
  });

  it('are mixed with prices that do not, in one order', () => {
    order({
      lines: [line('a', 1, 1190, included(190)), line('b', 1, 1000, { tax: 190 })],
      charges: [{ id: 'shipping', amount: 490, tax: 78, taxIncluded: true }],
    }).thenOrder(({ total, lines, charges }) => {
      expect(lines.map(({ net }) => net)).toEqual([1000, 1000]);
      expect(charges).toEqual([{ id: 'shipping', net: 412, tax: 78, creditedAmount: 0 }]);
      expect(total).toBe(1190 + 1190 + 490);
    });
  });
});

describe('figures of a new order that contradict', () => {
  it('more tax than there is price to include it, discounts taken off, is refused', () => {
    expect(refusalOf({ lines: [line('a', 1, 100, included(101))] })).toMatchObject({
      code: 'totalMismatch',
      law: 'M5',
      figures: { line: 'a', tax: 101, price: 100 },
    });
    expect(refusalOf({ lines: [line('a', 1, 100, included(60))], discount: 50 })).toMatchObject({
      figures: { line: 'a', tax: 60, price: 50 },
    });
    const charges = [{ id: 'shipping', amount: 10, discount: 4, ...included(7) }];
    expect(refusalOf({ charges })).toMatchObject({
      code: 'totalMismatch',
      figures: { charge: 'shipping', tax: 7, price: 6 },
    });
  });

  it('a tax beside its price may be as high as it likes', () => {
    order({ lines: [line('a', 1, 100, { tax: 250 })] }).thenOrder(({ total }) => {
      expect(total).toBe(350);
    });
  });

  it('taxes by code that do not sum to the tax are refused with both figures', () => {
    const taxes = [
      { code: 'state', amount: 60 },
      { code: 'city', amount: 20 },
    ];
    expect(refusalOf({ lines: [line('a', 1, 1000, { tax: 81, taxes })] })).toMatchObject({
      code: 'totalMismatch',
      law: 'M5',
      figures: { line: 'a', byCode: 80, tax: 81 },
    });
    const charges = [{ id: 'shipping', amount: 100, tax: 79, taxes }];
    expect(refusalOf({ charges })).toMatchObject({
      figures: { charge: 'shipping', byCode: 80, tax: 79 },
    });
  });

  it('discounts by code that do not sum to the discount are refused, of a line and of the order', () => {
    const discounts = [{ code: 'sale', amount: 10 }];
    expect(refusalOf({ lines: [line('a', 1, 100, { discount: 9, discounts })] })).toMatchObject({
      code: 'totalMismatch',
      figures: { line: 'a', byCode: 10, discount: 9 },
    });
    expect(refusalOf({ discount: 11, discounts })).toMatchObject({
      code: 'totalMismatch',
      figures: { byCode: 10, discount: 11 },
    });
    expect(refusalOf({ discounts: [{ code: 'sale', amount: 10_001 }] })).toMatchObject({
      code: 'totalMismatch',
      figures: { discount: 10_001, price: 10_000 },
    });
  });

  it('a code named twice, or a rate that is not percent as text, is not a command', () => {
    const taxed = (...taxes: object[]) => place({ lines: [line('a', 1, 1000, { taxes })] });
    const vat = { code: 'vat', amount: 190 };
    const harness = createOrderHarness();
    expect(() => harness.execute(taxed(vat, vat))).toThrow('at most once');
    for (const rate of [19, '19 %', '-1', '1e2', '019', '.5', '19.', 'vat']) {
      expect(() => harness.execute(taxed({ ...vat, rate })), String(rate)).toThrow('rate');
    }
    for (const rate of ['0', '7.00', '8.875', '1000']) {
      const placed = createOrderHarness();
      placed.execute(taxed({ ...vat, rate }));
      expect(placed.state?.order.lines[0]?.taxes).toEqual([{ code: 'vat', rate, amount: 190 }]);
    }
  });

  it('the limit of an order counts a tax once, in the price or beside it', () => {
    const most = 10_000_000_000_000;
    order({ lines: [line('a', 1, most, included(most))] }).thenOrder(({ total }) => {
      expect(total).toBe(most);
    });
    const taxes = [1, 2].map((code) => ({ code: `tax-${code}`, amount: most }));
    order({ lines: [line('a', 1, 1, { taxes })] }).thenRejected('lawBroken', { law: 'M8' });
  });
});

describe('what an order keeps by code', () => {
  it('a plain order has no member of it', () => {
    const lines = [line('a', 2, 1000, { tax: 380, taxes: [], discounts: [], taxIncluded: false })];
    order({ lines, charges: [{ id: 'shipping', amount: 490, tax: 93 }] }).thenOrder((placed) => {
      const members = [...placed.lines, ...placed.charges].flatMap((part) => Object.keys(part));
      expect(members.filter((name) => /taxes|discounts|Tax|taxIncluded/.test(name))).toEqual([]);
    });
  });

  it('taxes, also those of zero, and discounts: its own and its shares of the order’s', () => {
    const taxes = [
      { code: 'vat', rate: '7', amount: 130 },
      { code: 'deposit', rate: '0', amount: 0 },
    ];
    order({
      lines: [
        line('a', 1, 1000, { taxes, discounts: [{ code: 'sale', amount: 100 }] }),
        line('b', 1, 900),
      ],
      discounts: [
        { code: 'welcome', amount: 101 },
        { code: 'sale', amount: 50 },
      ],
    }).thenOrder(({ lines, total }) => {
      expect(lines[0]).toMatchObject({ net: 824, tax: 130, taxes });
      expect(lines.map(({ discounts }) => discounts)).toEqual([
        [
          { code: 'sale', amount: 125 },
          { code: 'welcome', amount: 51 },
        ],
        [
          { code: 'welcome', amount: 50 },
          { code: 'sale', amount: 25 },
        ],
      ]);
      expect(total).toBe(1900 - 100 - 151 + 130);
    });
  });

  it('a discount of a charge', () => {
    const discounts = [{ code: 'free-shipping', amount: 490 }];
    order({ charges: [{ id: 'shipping', amount: 490, discounts }] }).thenOrder(({ charges }) => {
      expect(charges).toEqual([{ id: 'shipping', net: 0, tax: 0, discounts, creditedAmount: 0 }]);
    });
  });
});
