import type { Order } from '../../src/order/order.ts';
import { orderSpecification, type Then } from '../../src/testing/specification.ts';

/** Commands as tests write them: short, with defaults for what does not matter. */

export const day = 86_400_000;

export interface PlaceFields {
  readonly [field: string]: unknown;
}

/** One line of one unit at 100.00 unless told otherwise. */
export function place(fields: PlaceFields = {}) {
  return {
    type: 'order.place',
    currency: 'EUR',
    lines: [{ id: 'a', quantity: 1, unitPrice: 10_000 }],
    ...fields,
  };
}

export const line = (id: string, quantity: number, unitPrice: number, more: object = {}) => ({
  id,
  quantity,
  unitPrice,
  ...more,
});

let reports = 0;

/** A payment report; its provider object defaults to one per outcome and payment. */
export function reportPayment(outcome: string, amount?: number, fields: PlaceFields = {}) {
  reports += 1;
  return {
    type: 'payment.report',
    paymentId: 'p1',
    outcome,
    source: 'provider',
    reportId: `report-${reports}`,
    objectId: `${outcome}-${String(fields['paymentId'] ?? 'p1')}`,
    ...(amount === undefined ? {} : { amount, currency: 'EUR' }),
    ...fields,
  };
}

export const authorized = (amount: number, fields?: PlaceFields) =>
  reportPayment('authorized', amount, fields);
export const captured = (amount: number, fields?: PlaceFields) =>
  reportPayment('captured', amount, fields);
export const sold = (amount: number, fields: PlaceFields = {}) =>
  reportPayment('captured', amount, { sale: true, ...fields });
export const refunded = (amount: number, fields?: PlaceFields) =>
  reportPayment('refunded', amount, fields);

/** A report of dispute `dp_1` of payment `p1`, unless told otherwise. */
export const disputed = (
  outcome: 'Opened' | 'Withdrawn' | 'Reinstated' | 'Won' | 'Lost',
  amount?: number,
  fields: PlaceFields = {},
) => reportPayment(`dispute${outcome}`, amount, { objectId: 'dp_1', ...fields });

const aboutDispute = { paymentId: 'p1', disputeId: 'dp_1' };
export const submit = (fields: PlaceFields = {}) => ({
  type: 'dispute.submit',
  ...aboutDispute,
  ...fields,
});
export const concede = (fields: PlaceFields = {}) => ({
  type: 'dispute.concede',
  ...aboutDispute,
  ...fields,
});

/** A shipment report about units of lines, all of parcel `s1` unless told otherwise. */
export function reportShipment(
  outcome: string,
  units: Record<string, number>,
  fields: PlaceFields = {},
) {
  reports += 1;
  return {
    type: 'shipment.report',
    shipmentId: 's1',
    outcome,
    source: 'carrier',
    reportId: `report-${reports}`,
    lines: unitsOf(units),
    ...fields,
  };
}

export const dispatched = (units: Record<string, number>, fields?: PlaceFields) =>
  reportShipment('dispatched', units, fields);
export const voidedDispatch = (units: Record<string, number>, fields?: PlaceFields) =>
  reportShipment('voided', units, fields);
export const delivered = (units: Record<string, number>, fields?: PlaceFields) =>
  reportShipment('delivered', units, fields);

export const unitsOf = (units: Record<string, number>) =>
  Object.entries(units).map(([lineId, count]) => ({ lineId, units: count }));

export const cancel = (units?: Record<string, number>) => ({
  type: 'order.cancel',
  ...(units === undefined ? {} : { lines: unitsOf(units) }),
});

export const capture = (amount: number, fields: PlaceFields = {}) => ({
  type: 'payment.capture',
  paymentId: 'p1',
  amount,
  currency: 'EUR',
  ...fields,
});

export const refundUnits = (units: Record<string, number>, cause = 'return') => ({
  type: 'payment.refund',
  cause,
  of: { kind: 'units', lines: unitsOf(units) },
});

export const credit = (cause: string, of: object, creditId = 'c1') => ({
  type: 'order.credit',
  creditId,
  cause,
  of,
});

export const creditUnits = (units: Record<string, number>, cause: string, more: object = {}) =>
  credit(cause, { kind: 'units', lines: unitsOf(units), ...more });

export const refundAmount = (amount: number, cause = 'goodwill', fields: PlaceFields = {}) => ({
  type: 'payment.refund',
  cause,
  of: { kind: 'amount', amount, currency: 'EUR' },
  ...fields,
});

export const paid = orderSpecification({ policy: { confirmWhen: 'paid' } });
export const byAuthorization = orderSpecification({ policy: { confirmWhen: 'authorized' } });
export const onTerms = orderSpecification({ policy: { confirmWhen: 'terms' } });

export const dispatch = (units: Record<string, number>, shipmentId = 's1') => ({
  type: 'shipment.dispatch',
  shipmentId,
  lines: unitsOf(units),
});

export const three = place({ lines: [line('a', 3, 10_000)] });

/** The id of the last operation asked for. */
export function lastOperation({ harness }: Pick<Then, 'harness'>): string {
  const asked = harness.events.findLast(({ data }) => typeof data['operationId'] === 'string');
  return String(asked?.data['operationId']);
}

export const payment = (order: Order) => order.payments[0];

export const amend = (change: object, amendmentId = 'm1') => ({
  type: 'order.amend',
  amendmentId,
  ...change,
});
export const propose = (change: object, amendmentId = 'm1') => ({
  type: 'amendment.propose',
  amendmentId,
  ...change,
});

/** A return report; its `fields` tell an inspection. */
export function reportReturn(
  outcome: string,
  units?: Record<string, number>,
  fields: PlaceFields = {},
) {
  reports += 1;
  return {
    type: 'return.report',
    returnId: 'r1',
    outcome,
    source: 'warehouse',
    reportId: `report-${reports}`,
    ...(units === undefined ? {} : { lines: unitsOf(units) }),
    ...fields,
  };
}
