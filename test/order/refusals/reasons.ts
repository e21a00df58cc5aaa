import { later } from '../../../src/testing/specification.ts';
import {
  amend,
  authorized,
  cancel,
  capture,
  day,
  delivered,
  dispatch,
  dispatched,
  line,
  place,
  propose,
  sold,
  three,
  unitsOf,
} from '../commands.ts';
import {
  exchange,
  hold,
  named,
  onAuthorization,
  replace,
  requestReturn,
  terms,
} from './commands.ts';
import { heldBack } from './expected.ts';
import type { Row } from './row.ts';

const manual = { policy: { confirmWhen: 'manual' } } as const;
const stock = named('order.hold', { reason: 'stock' });
const arrived = [place(), dispatched({ a: 1 }), delivered({ a: 1 })];
const addX = { add: [line('x', 1, 5000)] };

/** A guard of the chart says no. */
export const reasons: readonly Row[] = [
  {
    of: 'capturing while the order is held',
    options: onAuthorization,
    given: [place(), authorized(10_000), hold, stock],
    when: capture(1),
    rejection: {
      code: 'guardRefused',
      message: 'payment.capture is refused. The order is held (fraud, stock): release it first.',
      guard: 'holdClear',
      figures: { reason: 'fraud', holds: 2, discrepancies: 0 },
    },
  },
  {
    of: 'dispatching while a discrepancy is open',
    options: terms,
    given: [three, delivered({ a: 1 })],
    when: dispatch({ a: 1 }),
    rejection: {
      code: 'guardRefused',
      message:
        'shipment.dispatch is refused. A discrepancy is open (Q2): wait for the missing report, or resolve it.',
      guard: 'holdClear',
      figures: { reason: 'discrepancy', holds: 0, discrepancies: 1 },
    },
  },
  {
    of: 'dispatching while two discrepancies are open',
    options: onAuthorization,
    given: [place(), dispatched({ a: 2 })],
    when: capture(1),
    rejection: {
      code: 'guardRefused',
      message:
        'payment.capture is refused. A discrepancy is open (Q1, F1): wait for the missing report, or resolve it.',
      guard: 'holdClear',
      figures: { reason: 'discrepancy', holds: 0, discrepancies: 2 },
    },
  },
  {
    of: 'archiving while the order is held',
    options: terms,
    given: [...arrived, sold(10_000), hold, later(91 * day)],
    when: named('order.archive'),
    rejection: heldBack('order.archive'),
  },
  {
    of: 'confirming before the money is there',
    given: [place(), sold(4000)],
    when: named('order.confirm'),
    rejection: {
      code: 'guardRefused',
      message:
        'order.confirm is refused. The order confirms when paid, but that amount is not reached, or was requested back: wait for the payment, or write off with order.credit what will never be paid.',
      guard: 'policyMet',
      figures: {
        confirmWhen: 'paid',
        authorized: 4000,
        captured: 4000,
        net: 4000,
        secured: 4000,
        agreedTotal: 10000,
      },
    },
  },
  {
    of: 'confirming while the order is held',
    options: manual,
    given: [place(), hold],
    when: named('order.confirm'),
    rejection: heldBack('order.confirm'),
  },
  {
    of: 'dispatching before the money is there',
    given: [three, sold(30_000), amend(addX), dispatch({ a: 3 })],
    when: dispatch({ x: 1 }, 's2'),
    rejection: {
      code: 'guardRefused',
      message:
        'shipment.dispatch is refused. 35000 minor units must be secured before these units leave, but only 30000 are: take a payment first, or pass `over: true`.',
      guard: 'secured',
      figures: { secured: 30000, required: 35000 },
    },
  },
  {
    of: 'releasing an order without a hold',
    given: [place()],
    when: named('order.release', { reason: 'fraud' }),
    rejection: {
      code: 'guardRefused',
      message:
        'order.release is refused. The order has no hold: if a discrepancy blocks it, use discrepancy.resolve.',
      guard: 'someHold',
      figures: { holds: 0, discrepancies: 0 },
    },
  },
  {
    of: 'releasing an order that a discrepancy holds',
    given: [place(), dispatched({ a: 2 })],
    when: named('order.release', { reason: 'fraud' }),
    rejection: {
      code: 'guardRefused',
      message:
        'order.release is refused. The order has no hold: if a discrepancy blocks it, use discrepancy.resolve.',
      guard: 'someHold',
      figures: { holds: 0, discrepancies: 2 },
    },
  },
  {
    of: 'cancelling when all have left',
    options: terms,
    given: [three, cancel({ a: 1 }), dispatched({ a: 2 })],
    when: cancel({ a: 1 }),
    rejection: {
      code: 'guardRefused',
      message:
        'order.cancel is refused. No unit can be cancelled: all are already cancelled or shipped. Shipped units can be returned after their delivery.',
      guard: 'someUnitOpen',
      figures: { ordered: 3, cancelled: 1, shipped: 2 },
    },
  },
  {
    of: 'amending away every unit',
    given: [three, cancel({ a: 1 })],
    when: amend({ cancel: unitsOf({ a: 2 }) }),
    rejection: {
      code: 'guardRefused',
      message:
        'order.amend is refused. The amendment would cancel every unit and add none: use order.cancel.',
      guard: 'someUnitStays',
      figures: { ordered: 3, cancelled: 1 },
    },
  },
  {
    of: 'approving to amend away every unit',
    options: terms,
    given: [three, propose({ cancel: unitsOf({ a: 2 }) }), cancel({ a: 1 })],
    when: named('amendment.approve', { amendmentId: 'm1' }),
    rejection: {
      code: 'guardRefused',
      message:
        'amendment.approve is refused. The amendment would cancel every unit and add none: use order.cancel.',
      guard: 'someUnitStays',
      figures: { ordered: 3, cancelled: 1 },
    },
  },
  {
    of: 'asking back what has not arrived',
    options: terms,
    given: [place(), dispatched({ a: 1 })],
    when: requestReturn({ a: 1 }),
    rejection: {
      code: 'guardRefused',
      message:
        'return.request is refused. Nothing has been delivered yet, so nothing can be returned.',
      guard: 'someUnitDelivered',
      figures: { delivered: 0 },
    },
  },
  {
    of: 'exchanging what has not arrived',
    options: terms,
    given: [place()],
    when: exchange(),
    rejection: {
      code: 'guardRefused',
      message:
        'exchange.request is refused. Nothing has been delivered yet, so nothing can be returned.',
      guard: 'someUnitDelivered',
      figures: { delivered: 0 },
    },
  },
  {
    of: 'asking back too late',
    options: terms,
    given: [...arrived, later(30 * day + 1)],
    when: requestReturn({ a: 1 }),
    rejection: {
      code: 'guardRefused',
      message:
        'return.request is refused. The return window is over: to make an exception, give money back by payment.refund without a return.',
      guard: 'returnWindowOpen',
      figures: { deliveredAt: 1767225600000, returnWindowMs: 2592000000 },
    },
  },
  {
    of: 'replacing while the order is held',
    options: terms,
    given: [...arrived, hold],
    when: replace(1),
    rejection: heldBack('units.replace'),
  },
  {
    of: 'archiving too early',
    options: terms,
    given: [...arrived, sold(10_000)],
    when: named('order.archive'),
    rejection: {
      code: 'guardRefused',
      message:
        'order.archive is refused. The order has not ended long enough ago to be archived: wait for its retention time.',
      guard: 'retentionPassed',
      figures: { retentionMs: 7776000000 },
    },
  },
  {
    of: 'resolving when nothing is open',
    given: [place()],
    when: named('discrepancy.resolve', { discrepancyId: 'd1', note: 'counted again' }),
    rejection: {
      code: 'guardRefused',
      message:
        'discrepancy.resolve is refused. No discrepancy is open: a later report may have resolved it.',
      guard: 'someDiscrepancy',
      figures: { discrepancies: 0 },
    },
  },
];
