import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addAmounts,
  allocateAmount,
  currencyExponent,
  formatMinorUnits,
  shareOfUnits,
} from '../../src/order/money.ts';
import { line, type PlaceFields, paid, place } from './commands.ts';

const order = (fields: PlaceFields) => paid.given().when(place(fields));

describe('placing an order', () => {
  it('adds up lines, discounts, tax and charges, and takes a total that agrees', () => {
    order({
      lines: [line('a', 3, 1000, { discount: 500, tax: 200 }), line('b', 1, 700)],
      charges: [{ id: 'shipping', amount: 400, tax: 80 }],
      total: 3000 - 500 + 200 + 700 + 480,
    }).thenOrder(({ total }) => expect(total).toBe(3880));
  });

  it('refuses a total that does not add up, by law M5 and with both figures', () => {
    const outcome = order({ lines: [line('a', 3, 1000)], total: 2999 });
    outcome.thenRejected('totalMismatch', { law: 'M5' });
  });

  it('spreads the discount of the order over its lines, exactly', () => {
    order({ lines: [line('a', 1, 1000), line('b', 1, 2000)], discount: 100 }).thenOrder(
      ({ lines, total }) => {
        expect(lines.map(({ net }) => net)).toEqual([967, 1933]);
        expect(total).toBe(2900);
      },
    );
  });

  it('refuses a discount beyond the price', () => {
    order({ lines: [line('a', 1, 100, { discount: 101 })] }).thenRejected('totalMismatch');
    order({ lines: [line('a', 1, 100)], discount: 101 }).thenRejected('totalMismatch');
  });

  it('refuses two lines of one id', () => {
    order({ lines: [line('a', 1, 100), line('a', 1, 100)] }).thenRejected('alreadyUsed');
  });

  it('refuses a second placing of the same order', () => {
    paid.given(place()).when(place()).thenRejected('orderExists');
  });

  it('refuses an order that costs more than a single amount may be (law M8)', () => {
    const most = 10_000_000_000_000;
    const beyond: readonly PlaceFields[] = [
      { lines: [line('a', 1_000_000_000, most)] },
      { lines: [line('a', 2, most)] },
      { lines: [line('a', 2, most, { discount: most })] },
      { lines: [line('a', 1, most, { tax: 1 })] },
      { lines: [line('a', 1, most), line('b', 1, 1)] },
      { lines: [line('a', 1, most)], charges: [{ id: 'shipping', amount: 0, tax: 1 }] },
    ];
    for (const fields of beyond) order(fields).thenRejected('lawBroken', { law: 'M8' });
    order({ lines: [line('a', 1, most)] }).thenOrder(({ total }) => expect(total).toBe(most));
  });

  it('M7: refuses an amount in another currency than the order', () => {
    paid
      .given(place())
      .when({
        type: 'payment.report',
        paymentId: 'p1',
        outcome: 'captured',
        source: 's',
        reportId: 'r',
        objectId: 'o',
        amount: 1,
        currency: 'USD',
      })
      .thenRejected('currencyMismatch', { law: 'M7' });
  });
});

describe('money', () => {
  it('M8: knows the exponents of ISO 4217', () => {
    expect(['JPY', 'EUR', 'KWD', 'CLF'].map(currencyExponent)).toEqual([0, 2, 3, 4]);
    expect(formatMinorUnits(3334, 'EUR')).toBe('33.34');
    expect(formatMinorUnits(-5, 'EUR')).toBe('-0.05');
    expect(formatMinorUnits(5, 'JPY')).toBe('5');
    expect(formatMinorUnits(5, 'KWD')).toBe('0.005');
    expect(formatMinorUnits(123_456, 'CLF')).toBe('12.3456');
  });

  it('has no sign when there is none of it', () => {
    expect(formatMinorUnits(0, 'EUR')).toBe('0.00');
  });

  it('M8: is not added up beyond what a number holds exactly', () => {
    expect(addAmounts(Number.MAX_SAFE_INTEGER - 1, 1)).toBe(Number.MAX_SAFE_INTEGER);
    const beyond = () => addAmounts(Number.MAX_SAFE_INTEGER, 1);
    expect(beyond).toThrow(expect.objectContaining({ code: 'domainDefect' }));
  });

  it('M5: goes to the first where nothing has a weight, and to the largest remainders first', () => {
    expect(allocateAmount(5, [0, 0])).toEqual([5, 0]);
    expect(allocateAmount(2, [1, 1, 1])).toEqual([1, 1, 0]);
    expect(allocateAmount(3, [1, 4, 4])).toEqual([1, 1, 1]);
    expect(allocateAmount(9_999_999_999_999, [4898, 9916, 3136])).toEqual([
      2_728_690_807_799, 5_524_233_983_286, 1_747_075_208_914,
    ]);
  });

  it('M5: an allocation sums exactly to its whole, and each part is within one of its share', () => {
    const amounts = fc.maxSafeNat();
    const weights = fc.array(fc.nat({ max: 2 ** 40 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(amounts, weights, (amount, list) => {
        const parts = allocateAmount(amount, list);
        expect(parts.reduce((sum, part) => sum + BigInt(part), 0n)).toBe(BigInt(amount));
        const total = list.reduce((sum, weight) => sum + BigInt(weight), 0n);
        if (total === 0n) return;
        parts.forEach((part, index) => {
          const error = BigInt(part) * total - BigInt(amount) * BigInt(list[index] ?? 0);
          expect(error < total && -error < total).toBe(true);
        });
      }),
    );
  });

  it('M5: units refunded one by one sum exactly to the line', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000_000 }), fc.integer({ min: 1, max: 200 }), (whole, units) => {
        let sum = 0;
        for (let unit = 1; unit <= units; unit += 1) {
          const share = shareOfUnits(whole, units, unit) - shareOfUnits(whole, units, unit - 1);
          expect(Math.abs(share - whole / units)).toBeLessThan(1);
          sum += share;
        }
        expect(sum).toBe(whole);
      }),
    );
  });
});
