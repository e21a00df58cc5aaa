import {
  amend,
  cancel,
  credit,
  creditUnits,
  dispatched,
  line,
  place,
  three,
  unitsOf,
} from '../commands.ts';
import { ofAmount, terms } from './commands.ts';
import { contradiction, inDollars } from './expected.ts';
import type { Row } from './row.ts';

const byCode = (amount: number) => [{ code: 'c', amount }];

const addX = { add: [line('x', 1, 5000)] };
const goodwill = (amount: number, currency = 'EUR') => ({
  creditId: 'c1',
  cause: 'goodwill',
  of: ofAmount(amount, currency),
});

/** Amendments that cannot be made. */
export const amending: readonly Row[] = [
  {
    of: 'nothing',
    given: [place()],
    when: amend({}),
    rejection: {
      code: 'nothingToDo',
      message: 'Amendment "m1" changes nothing: name what to add, to cancel or to credit.',
      figures: { amendmentId: 'm1' },
    },
  },
  {
    of: 'to another total',
    given: [place()],
    when: amend({ ...addX, total: 14_999 }),
    rejection: {
      code: 'totalMismatch',
      message:
        'After the amendment the order costs 150.00 EUR, not 149.99: send figures that add up, or leave out the total.',
      law: 'M5',
      figures: { after: 15000, total: 14999 },
    },
  },
  {
    of: 'to more than one amount may be',
    given: [place()],
    when: amend({ add: [line('x', 1, 10_000_000_000_000)] }),
    rejection: {
      code: 'lawBroken',
      message:
        'With what is added the order costs more than 10000000000000 minor units: place another order.',
      law: 'M8',
      figures: { total: 10000000010000, maximum: 10000000000000 },
    },
  },
  {
    of: 'to less than nothing',
    given: [three, credit('goodwill', ofAmount(5000), 'c0')],
    when: amend({ cancel: unitsOf({ a: 2 }), credit: goodwill(5001) }),
    rejection: {
      code: 'lawBroken',
      message: 'The amendment takes more off the order than it costs with it: credit less.',
      law: 'M6',
      figures: { agreedTotal: 25000, after: -1 },
    },
  },
  {
    of: 'units that left',
    options: terms,
    given: [three, dispatched({ a: 2 })],
    when: amend({ ...addX, cancel: unitsOf({ a: 2 }) }),
    rejection: {
      code: 'lawBroken',
      message: 'Only 1 units of line "a" are open, not 2.',
      law: 'Q1',
      figures: { lineId: 'a', open: 1, asked: 2 },
    },
  },
  {
    of: 'units that were credited',
    options: terms,
    given: [three, creditUnits({ a: 2 }, 'correction', {})],
    when: amend({ ...addX, cancel: unitsOf({ a: 2 }) }),
    rejection: {
      code: 'lawBroken',
      message:
        'Only 1 units of line "a" are neither cancelled nor credited, not 2: to cancel credited units too, cancel without naming lines.',
      law: 'Q4',
      figures: { lineId: 'a', asked: 2, ordered: 3, cancelled: 0, creditedUnits: 2 },
    },
  },
  {
    of: 'by a credit in another currency',
    given: [place()],
    when: amend({ ...addX, credit: goodwill(1, 'USD') }),
    rejection: inDollars,
  },
  {
    of: 'by a line whose tax does not add up',
    given: [place()],
    when: amend({ add: [line('x', 1, 1, { tax: 3, taxes: byCode(2) })] }),
    rejection: contradiction('tax', 3, 'line', 'x'),
  },
  {
    of: 'an order that is over',
    given: [place(), cancel()],
    when: amend(addX),
    rejection: {
      code: 'notInThisState',
      message: 'order.amend is not possible while the order is cancelled.',
      figures: { lifecycle: 'cancelled' },
    },
  },
];
