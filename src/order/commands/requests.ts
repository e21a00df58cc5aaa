import { z } from 'zod';
import { policySchema } from '../policy.ts';
import {
  amountSchema,
  currencySchema,
  idSchema,
  jsonObjectSchema,
  lineUnitsSchema,
  positiveAmountSchema,
  reasonSchema,
  textSchema,
  unitsSchema,
} from '../schemas.ts';

/** A line as ordered. Prices come in with the order; the engine checks that they add up. */
const placedLineSchema = z.strictObject({
  id: idSchema,
  sku: idSchema.optional(),
  title: textSchema.optional(),
  quantity: unitsSchema,
  /** Minor units for one, before discount and tax. */
  unitPrice: amountSchema,
  /** Minor units off the whole line. */
  discount: amountSchema.optional(),
  /** Minor units of tax on the whole line. */
  tax: amountSchema.optional(),
});

/** A component that is not a line: shipping, gift wrap, a fee. */
const placedChargeSchema = z.strictObject({
  id: idSchema,
  amount: amountSchema,
  tax: amountSchema.optional(),
});

const money = { amount: positiveAmountSchema, currency: currencySchema };

/** What a refund gives back. */
const refundOfSchema = z.discriminatedUnion('kind', [
  /** The price and tax of these units, to the minor unit. */
  z.strictObject({ kind: z.literal('units'), lines: lineUnitsSchema }),
  /** Amounts of components: `line:<id>` or `charge:<id>`. */
  z.strictObject({
    kind: z.literal('components'),
    components: z
      .array(
        z.strictObject({ component: z.string().min(6).max(136), amount: positiveAmountSchema }),
      )
      .min(1)
      .max(1000),
    currency: currencySchema,
  }),
  /** An amount, spread over what is still charged; with cause `goodwill` beyond it. */
  z.strictObject({ kind: z.literal('amount'), ...money }),
  /** What is owed already (a credit whose refund failed or bounced): no new credit arises. */
  z.strictObject({ kind: z.literal('credit') }),
]);

const refundCauses = ['cancellation', 'return', 'lost', 'goodwill', 'correction'] as const;

/**
 * Requests: what somebody asks the engine to do. A request may be refused, by the chart (not in
 * this state, a guard) or by a law, and then changes nothing.
 */
export const requestSchemas = {
  'order.place': z.strictObject({
    type: z.literal('order.place'),
    /** The host's id; one is made when it is left out. */
    orderId: idSchema.optional(),
    number: idSchema.optional(),
    customerId: idSchema.optional(),
    currency: currencySchema,
    lines: z.array(placedLineSchema).min(1).max(1000),
    charges: z.array(placedChargeSchema).max(100).optional(),
    /** Minor units off the whole order, spread over the lines in proportion to their net. */
    discount: amountSchema.optional(),
    /** What the caller believes it costs; refused when it is not the sum of the components. */
    total: amountSchema.optional(),
    policy: policySchema.partial().optional(),
    metadata: jsonObjectSchema.optional(),
  }),
  'order.confirm': z.strictObject({ type: z.literal('order.confirm'), orderId: idSchema }),
  'order.hold': z.strictObject({
    type: z.literal('order.hold'),
    orderId: idSchema,
    reason: reasonSchema,
    note: textSchema.optional(),
  }),
  'order.release': z.strictObject({
    type: z.literal('order.release'),
    orderId: idSchema,
    reason: reasonSchema,
  }),
  'order.cancel': z.strictObject({
    type: z.literal('order.cancel'),
    orderId: idSchema,
    /** Which units; all that are open when left out. */
    lines: lineUnitsSchema.optional(),
    reason: reasonSchema.optional(),
  }),
  'order.archive': z.strictObject({ type: z.literal('order.archive'), orderId: idSchema }),
  'order.annotate': z.strictObject({
    type: z.literal('order.annotate'),
    orderId: idSchema,
    /** Merged into the order's metadata, key by key; `null` removes a key. */
    metadata: jsonObjectSchema,
  }),
  'payment.authorize': z.strictObject({
    type: z.literal('payment.authorize'),
    orderId: idSchema,
    paymentId: idSchema,
    method: reasonSchema.optional(),
    /** Capture at once: one operation for both. */
    sale: z.boolean().optional(),
    ...money,
  }),
  'payment.capture': z.strictObject({
    type: z.literal('payment.capture'),
    orderId: idSchema,
    paymentId: idSchema,
    /** Give the rest of the authorization back once this capture succeeded. */
    releaseRemainder: z.boolean().optional(),
    ...money,
  }),
  'payment.void': z.strictObject({
    type: z.literal('payment.void'),
    orderId: idSchema,
    paymentId: idSchema,
  }),
  'payment.refund': z.strictObject({
    type: z.literal('payment.refund'),
    orderId: idSchema,
    /** One payment; when left out, the payments in the order in which they came. */
    paymentId: idSchema.optional(),
    cause: z.enum(refundCauses),
    /** The document behind the cause, for example a return's id. */
    causeId: idSchema.optional(),
    of: refundOfSchema,
  }),
  'fulfillment.request': z.strictObject({
    type: z.literal('fulfillment.request'),
    orderId: idSchema,
    fulfillmentId: idSchema,
    lines: lineUnitsSchema,
  }),
  'shipment.dispatch': z.strictObject({
    type: z.literal('shipment.dispatch'),
    orderId: idSchema,
    shipmentId: idSchema,
    lines: lineUnitsSchema,
    carrier: reasonSchema.optional(),
    tracking: idSchema.optional(),
  }),
  'return.request': z.strictObject({
    type: z.literal('return.request'),
    orderId: idSchema,
    returnId: idSchema,
    lines: lineUnitsSchema,
    reason: reasonSchema.optional(),
  }),
  'return.approve': z.strictObject({
    type: z.literal('return.approve'),
    orderId: idSchema,
    returnId: idSchema,
  }),
  'return.decline': z.strictObject({
    type: z.literal('return.decline'),
    orderId: idSchema,
    returnId: idSchema,
    reason: reasonSchema.optional(),
  }),
  'discrepancy.resolve': z.strictObject({
    type: z.literal('discrepancy.resolve'),
    orderId: idSchema,
    discrepancyId: idSchema,
    note: textSchema.min(1),
  }),
} as const;
