import { line, place } from '../commands.ts';

import { contradiction } from './expected.ts';
import type { Row } from './row.ts';

const lineWith = (fields: object) => place({ lines: [line('a', 1, 10_000, fields)] });
const chargeWith = (fields: object) => place({ charges: [{ id: 'fee', amount: 500, ...fields }] });
const byCode = (amount: number) => [{ code: 'c', amount }];

/** Prices that do not add up. */
export const placing: readonly Row[] = [
  {
    of: 'another total',
    given: [],
    when: place({ total: 9999 }),
    rejection: {
      code: 'totalMismatch',
      message:
        'The components add up to 100.00 EUR, not to 99.99: send prices that add up, or leave out the total.',
      law: 'M5',
      figures: { components: 10000, total: 9999 },
    },
  },
  {
    of: 'another total in a currency without decimals',
    given: [],
    when: place({ currency: 'JPY', total: 0 }),
    rejection: {
      code: 'totalMismatch',
      message:
        'The components add up to 10000 JPY, not to 0: send prices that add up, or leave out the total.',
      law: 'M5',
      figures: { components: 10000, total: 0 },
    },
  },
  {
    of: 'the discount of the order by code',
    given: [],
    when: place({ discount: 3, discounts: byCode(2) }),
    rejection: contradiction('discount', 3),
  },
  {
    of: 'the discount of a line by code',
    given: [],
    when: lineWith({ discount: 3, discounts: byCode(2) }),
    rejection: contradiction('discount', 3, 'line', 'a'),
  },
  {
    of: 'the tax of a line by code',
    given: [],
    when: lineWith({ tax: 3, taxes: byCode(2) }),
    rejection: contradiction('tax', 3, 'line', 'a'),
  },
  {
    of: 'the discount of a charge by code',
    given: [],
    when: chargeWith({ discount: 3, discounts: byCode(2) }),
    rejection: contradiction('discount', 3, 'charge', 'fee'),
  },
  {
    of: 'the tax of a charge by code',
    given: [],
    when: chargeWith({ tax: 3, taxes: byCode(2) }),
    rejection: contradiction('tax', 3, 'charge', 'fee'),
  },
  {
    of: 'a discount of zero that has codes',
    given: [],
    when: lineWith({ discount: 0, discounts: byCode(2) }),
    rejection: contradiction('discount', 0, 'line', 'a'),
  },
  {
    of: 'an order of more than one amount may be',
    given: [],
    when: place({ lines: [line('a', 1, 10_000_000_000_000, { tax: 1 })] }),
    rejection: {
      code: 'lawBroken',
      message:
        'The order costs more than 10000000000000 minor units before discounts: split the order.',
      law: 'M8',
      figures: { gross: 10000000000001, maximum: 10000000000000 },
    },
  },
  {
    of: 'a discount of more than its line costs',
    given: [],
    when: lineWith({ discount: 10_001 }),
    rejection: {
      code: 'totalMismatch',
      message: 'The discount of line "a" exceeds its price.',
      law: 'M5',
      figures: { line: 'a', discount: 10001, price: 10000 },
    },
  },
  {
    of: 'a discount of more than its charge costs',
    given: [],
    when: chargeWith({ discount: 501 }),
    rejection: {
      code: 'totalMismatch',
      message: 'The discount of charge "fee" exceeds its price.',
      law: 'M5',
      figures: { charge: 'fee', discount: 501, price: 500 },
    },
  },
  {
    of: 'a discount of more than the lines cost',
    given: [],
    when: place({ discount: 10_001 }),
    rejection: {
      code: 'totalMismatch',
      message: 'The discount of the order exceeds the price of its lines.',
      law: 'M5',
      figures: { discount: 10001, price: 10000 },
    },
  },
  {
    of: 'an included tax of more than its line costs',
    given: [],
    when: place({
      lines: [line('a', 1, 10_000, { tax: 9001, taxIncluded: true })],
      discount: 1000,
    }),
    rejection: {
      code: 'totalMismatch',
      message: 'The tax of line "a" exceeds the price after discounts, which includes it.',
      law: 'M5',
      figures: { line: 'a', tax: 9001, price: 9000 },
    },
  },
  {
    of: 'an included tax of more than its charge costs',
    given: [],
    when: chargeWith({ tax: 501, taxIncluded: true }),
    rejection: {
      code: 'totalMismatch',
      message: 'The tax of charge "fee" exceeds the price after discounts, which includes it.',
      law: 'M5',
      figures: { charge: 'fee', tax: 501, price: 500 },
    },
  },
];
