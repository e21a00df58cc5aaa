import { expect } from 'vitest';
import type { Order } from '../../../src/order/order.ts';
import { type OrderFigures, orderFigures } from '../../../src/order/order-figures.ts';
import type { Then } from '../../../src/testing/specification.ts';
import { lastOperation, line, unitsOf } from '../commands.ts';

/** Steps and checks that the scenarios of this folder share. */

export const requestReturn = (units: Record<string, number>, returnId = 'r1') => ({
  type: 'return.request',
  returnId,
  lines: unitsOf(units),
});
export const approveReturn = (returnId = 'r1') => ({ type: 'return.approve', returnId });
export const closeReturn = (returnId = 'r1') => ({ type: 'return.close', returnId });

let reports = 0;

function reportReturn(outcome: string, told: object, returnId: string) {
  reports += 1;
  const by = { source: 'warehouse', reportId: `warehouse-${reports}` };
  return { type: 'return.report', returnId, outcome, ...told, ...by };
}

export const inTransit = (units: Record<string, number>, returnId = 'r1') =>
  reportReturn('inTransit', { lines: unitsOf(units) }, returnId);
export const received = (units: Record<string, number>, returnId = 'r1') =>
  reportReturn('received', { lines: unitsOf(units) }, returnId);
export const inspected = (
  accepted: Record<string, number>,
  rejected: Record<string, number> = {},
  returnId = 'r1',
) => {
  const judged = { accepted: unitsOf(accepted), rejected: unitsOf(rejected) };
  const told = Object.entries(judged).filter(([, units]) => units.length > 0);
  return reportReturn('inspected', Object.fromEntries(told), returnId);
};

export const sentBack = (units: Record<string, number>, returnId = 'r1') =>
  reportReturn('sentBack', { lines: unitsOf(units) }, returnId);

/** A unit of line `a` for one of line `x`, of the same price unless told otherwise. */
export const exchange = (fields: object = {}) => ({
  type: 'exchange.request',
  exchangeId: 'e1',
  returnId: 'r1',
  back: unitsOf({ a: 1 }),
  out: [line('x', 1, 10_000)],
  ship: 'onReceipt',
  ...fields,
});

/** One unit of line `a` is sent again as another line. */
export const replace = (cause: string, fields: object = {}) => ({
  type: 'units.replace',
  replacementId: 'n1',
  cause,
  lines: [{ lineId: 'a', units: 1, as: 'again' }],
  ...fields,
});

export const authorize = (amount: number, paymentId = 'p2') => ({
  type: 'payment.authorize',
  paymentId,
  amount,
  currency: 'EUR',
});

export const voidPayment = (paymentId = 'p1') => ({ type: 'payment.void', paymentId });
export const refundCredit = {
  type: 'payment.refund',
  cause: 'correction',
  of: { kind: 'credit' },
};

/** The provider answers the operation that was asked for last. */
export function answer(then: Then, report: (of: { operationId: string }) => object): Then {
  then.harness.execute(report({ operationId: lastOperation(then) }));
  return then;
}

/** Checks some of an order's figures. */
export const figures =
  ({ lines, ...expected }: ExpectedFigures) =>
  (order: Order): void => {
    const told = orderFigures(order);
    expect(told).toMatchObject(expected);
    if (lines !== undefined) expect(told.lines).toMatchObject(lines);
  };

type ExpectedFigures = Partial<Omit<OrderFigures, 'lines'>> & {
  readonly lines?: readonly Partial<OrderFigures['lines'][number]>[];
};
