import { expect, it } from 'vitest';
import { brokenInvariants } from '../../src/order/invariants.ts';
import { openUnitsOf } from '../../src/order/line-figures.ts';
import type { Order } from '../../src/order/order.ts';
import { delivered, line, paid, place, reportShipment, sold, three } from './commands.ts';

// What no command can break, as the check after each command sees it.

const taxes = [{ code: 'state', amount: 700 }];
const { state } = paid
  .given(place({ lines: [line('a', 1, 10_000, { taxes })] }), sold(10_700))
  .when().harness;

function brokenBy(change: Partial<Order>) {
  if (state === undefined) throw new Error('no order');
  return brokenInvariants({ ...state.order, ...change }, state.status).map(({ law }) => law);
}

it('an order as the rules made it breaks nothing', () => {
  expect(brokenBy({})).toEqual([]);
});

it('a tax that is not the sum of its taxes by code breaks M5', () => {
  const [first] = state?.order.lines ?? [];
  if (first === undefined) throw new Error('no line');
  const short = [{ code: 'state', amount: 699 }];
  expect(brokenBy({ lines: [{ ...first, taxes: short }] })).toEqual(['M5']);
});

it('a discrepancy without a broken law is told, and so is one too many', () => {
  const open = [{ id: 'd', law: 'Q1', subject: 'line:a' }];
  expect(brokenBy({ discrepancies: { open, accepted: [] } })).toContain('flagged');
});

it('units that arrived or went missing before anybody told that they left are not open', () => {
  paid
    .given(three, sold(30_000), delivered({ a: 1 }))
    .when(reportShipment('lost', { a: 1 }, { shipmentId: 's2' }))
    .thenOrder(({ lines: [only] }) => expect(only && openUnitsOf(only)).toBe(1));
});
