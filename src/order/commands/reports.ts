import { z } from 'zod';
import {
  currencySchema,
  idSchema,
  lineUnitsSchema,
  positiveAmountSchema,
  reasonSchema,
  timestampSchema,
} from '../schemas.ts';

/** Who reports, and under which id: the same (source, reportId) is applied once (law L2). */
const reporter = {
  /** The system that reports: `stripe`, `warehouse-7`. */
  source: idSchema,
  /** Its id of this report (the webhook's event id). */
  reportId: idSchema,
  /** When it happened there; the time of recording when left out. */
  occurredAt: timestampSchema.optional(),
};

const payment = {
  type: z.literal('payment.report'),
  orderId: idSchema,
  paymentId: idSchema,
  /**
   * The provider's id of this movement: of the capture or the refund, not of the payment.
   * Two reports of one movement (the webhook and the answer to our own call) converge by it.
   */
  objectId: idSchema,
  /** Our operation's id, where the reporter knows it. */
  operationId: idSchema.optional(),
  method: reasonSchema.optional(),
  ...reporter,
};

const money = { amount: positiveAmountSchema, currency: currencySchema };
const reason = { reason: reasonSchema.optional() };

const shipment = {
  type: z.literal('shipment.report'),
  orderId: idSchema,
  shipmentId: idSchema,
  /** Units of this shipment that this outcome has reached so far, by line. */
  lines: lineUnitsSchema,
  carrier: reasonSchema.optional(),
  tracking: idSchema.optional(),
  ...reporter,
};

const returned = {
  type: z.literal('return.report'),
  orderId: idSchema,
  returnId: idSchema,
  ...reporter,
};

/**
 * Reports: what the outside world did. A report is never refused for what it says: an impossible
 * one is recorded, and opens a discrepancy. Reports commute (law L3): amounts and units are
 * "so far" for their provider object, shipment or return, and the greatest one told counts.
 */
export const reportSchemas = {
  'payment.report': z.discriminatedUnion('outcome', [
    z.strictObject({ ...payment, ...money, outcome: z.literal('authorized') }),
    z.strictObject({ ...payment, outcome: z.literal('actionRequired') }),
    z.strictObject({ ...payment, ...reason, outcome: z.literal('failed') }),
    z.strictObject({
      ...payment,
      ...money,
      outcome: z.literal('captured'),
      /** Authorized and captured at once: counts as both. */
      sale: z.boolean().optional(),
    }),
    z.strictObject({ ...payment, ...reason, outcome: z.literal('captureFailed') }),
    z.strictObject({ ...payment, ...money, outcome: z.literal('voided') }),
    z.strictObject({ ...payment, ...reason, outcome: z.literal('voidFailed') }),
    z.strictObject({ ...payment, outcome: z.literal('expired') }),
    z.strictObject({ ...payment, ...money, outcome: z.literal('refunded') }),
    z.strictObject({ ...payment, ...reason, outcome: z.literal('refundFailed') }),
    z.strictObject({ ...payment, ...money, outcome: z.literal('refundReversed') }),
  ]),
  'shipment.report': z.strictObject({
    ...shipment,
    outcome: z.enum(['dispatched', 'delivered', 'lost', 'returnedToSender']),
  }),
  'fulfillment.report': z.strictObject({
    type: z.literal('fulfillment.report'),
    orderId: idSchema,
    /** The grantor's id of this grant. */
    objectId: idSchema,
    outcome: z.literal('granted'),
    lines: lineUnitsSchema,
    ...reporter,
  }),
  'return.report': z.discriminatedUnion('outcome', [
    z.strictObject({ ...returned, outcome: z.literal('inTransit'), lines: lineUnitsSchema }),
    z.strictObject({ ...returned, outcome: z.literal('received'), lines: lineUnitsSchema }),
    z.strictObject({
      ...returned,
      outcome: z.literal('inspected'),
      accepted: lineUnitsSchema.optional(),
      rejected: lineUnitsSchema.optional(),
    }),
  ]),
} as const;
