import {
  amend,
  creditUnits,
  delivered,
  dispatch,
  dispatched,
  line,
  place,
  propose,
  reportShipment,
  three,
  unitsOf,
} from '../commands.ts';
import { exchange, hold, named, replace, requestReturn, terms } from './commands.ts';
import { over, repeated, taken } from './expected.ts';
import type { Row } from './row.ts';

const arrived = [three, dispatched({ a: 3 }), delivered({ a: 3 })];
const lost = [three, dispatched({ a: 3 }), reportShipment('lost', { a: 3 })];
const addX = { add: [line('x', 1, 5000)] };

const returned = [...arrived, requestReturn({ a: 1 })];
const decide = (verb: string) => named(`return.${verb}`, { returnId: 'r1' });
const twice = [line('a', 1, 1), line('b', 1, 1), line('a', 1, 1)];
const fees = [
  { id: 'fee', amount: 1 },
  { id: 'fee', amount: 2 },
];

/** What was used or answered before. */
export const used: readonly Row[] = [
  {
    of: 'the reason of a hold',
    given: [place(), hold],
    when: hold,
    rejection: {
      code: 'alreadyUsed',
      message: 'The order is already held for "fraud".',
      figures: { reason: 'fraud' },
    },
  },
  {
    of: 'the id of a return',
    options: terms,
    given: returned,
    when: requestReturn({ a: 1 }),
    rejection: taken('return', 'r1'),
  },
  {
    of: 'the id of a return, by an exchange',
    options: terms,
    given: returned,
    when: exchange(),
    rejection: taken('return', 'r1'),
  },
  {
    of: 'the id of an exchange',
    options: terms,
    given: [...arrived, exchange()],
    when: exchange({ returnId: 'r2' }),
    rejection: taken('exchange', 'e1'),
  },
  {
    of: 'the id of a replacement',
    options: terms,
    given: [...lost, replace(1)],
    when: replace(1),
    rejection: taken('amendment', 'n1'),
  },
  {
    of: 'the id of a shipment',
    options: terms,
    given: [three, dispatch({ a: 1 })],
    when: dispatch({ a: 1 }),
    rejection: taken('shipment', 's1'),
  },
  {
    of: 'the id of a fulfillment',
    options: terms,
    given: [three, named('fulfillment.request', { fulfillmentId: 'f1', lines: unitsOf({ a: 1 }) })],
    when: named('fulfillment.request', { fulfillmentId: 'f1', lines: unitsOf({ a: 1 }) }),
    rejection: taken('fulfillment', 'f1'),
  },
  {
    of: 'the id of a credit',
    given: [three, creditUnits({ a: 1 }, 'correction')],
    when: creditUnits({ a: 1 }, 'correction'),
    rejection: taken('credit', 'c1'),
  },
  {
    of: 'the id of an amendment',
    given: [place(), amend(addX)],
    when: amend({ add: [line('y', 1, 1)] }),
    rejection: taken('amendment', 'm1'),
  },
  {
    of: 'the id of a proposal',
    given: [place(), propose(addX)],
    when: propose(addX),
    rejection: taken('amendment', 'm1'),
  },
  {
    of: 'the id of a line, within an order',
    given: [],
    when: place({ lines: twice }),
    rejection: repeated('line', 'a'),
  },
  {
    of: 'the id of a charge, within an order',
    given: [],
    when: place({ charges: fees }),
    rejection: repeated('charge', 'fee'),
  },
  {
    of: 'the id of a line, by an amendment',
    given: [place()],
    when: amend({ add: [line('a', 1, 1)] }),
    rejection: repeated('line', 'a'),
  },
  {
    of: 'the id of a charge, by an amendment',
    given: [place({ charges: [{ id: 'fee', amount: 1 }] })],
    when: amend({ addCharges: [{ id: 'fee', amount: 2 }] }),
    rejection: repeated('charge', 'fee'),
  },
  {
    of: 'a return that is approved',
    options: terms,
    given: [...returned, decide('approve')],
    when: decide('approve'),
    rejection: over('approved'),
  },
  {
    of: 'a return that is approved, to decline it',
    options: terms,
    given: [...returned, decide('approve')],
    when: decide('decline'),
    rejection: over('approved'),
  },
  {
    of: 'a return that is declined',
    options: terms,
    given: [...returned, decide('decline')],
    when: decide('approve'),
    rejection: over('declined'),
  },
  {
    of: 'a return that is declined, to close it',
    options: terms,
    given: [...returned, decide('decline')],
    when: decide('close'),
    rejection: over('declined'),
  },
  {
    of: 'a return that is closed',
    options: terms,
    given: [...returned, decide('close')],
    when: decide('close'),
    rejection: over('closed'),
  },
  {
    of: 'a return that is closed, to approve it',
    options: terms,
    given: [...returned, decide('close')],
    when: decide('approve'),
    rejection: over('closed'),
  },
  {
    of: 'an amendment that was made',
    given: [place(), amend(addX)],
    when: named('amendment.approve', { amendmentId: 'm1' }),
    rejection: {
      code: 'alreadyUsed',
      message: 'Amendment "m1" is already applied.',
      figures: { amendmentId: 'm1', state: 'applied' },
    },
  },
  {
    of: 'a proposal that was declined',
    given: [place(), propose(addX), named('amendment.decline', { amendmentId: 'm1' })],
    when: named('amendment.decline', { amendmentId: 'm1' }),
    rejection: {
      code: 'alreadyUsed',
      message: 'Amendment "m1" is already declined.',
      figures: { amendmentId: 'm1', state: 'declined' },
    },
  },
  {
    of: 'the id of an order',
    given: [place()],
    when: place(),
    rejection: {
      code: 'orderExists',
      message: 'An order with this id already exists: place a new one under another id.',
    },
  },
];
