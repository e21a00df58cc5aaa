import { z } from 'zod';
import { policySchema } from '../policy.ts';
import {
  amountSchema,
  currencySchema,
  discountsSchema,
  idSchema,
  jsonObjectSchema,
  lineUnitsSchema,
  reasonSchema,
  taxesSchema,
  textSchema,
  unitsSchema,
} from '../schemas.ts';
import { ofAmount, ofComponents } from './parts.ts';

/** The discounts and taxes of a line or charge. */
const reductionsAndTax = {
  /** Minor units off the whole line or charge. */
  discount: amountSchema.optional(),
  /** The discount by code; sums to it. */
  discounts: discountsSchema.optional(),
  /** Minor units of tax on the whole line or charge. */
  tax: amountSchema.optional(),
  /** The tax by code; sums to it. */
  taxes: taxesSchema.optional(),
  /** Whether the price, and so the discount, includes the tax. */
  taxIncluded: z.boolean().optional(),
};

/** A line as ordered. Prices come in with the order; the engine checks that they add up. */
const placedLineSchema = z.strictObject({
  id: idSchema,
  sku: idSchema.optional(),
  title: textSchema.optional(),
  quantity: unitsSchema,
  /** Minor units for one unit, before discounts, and before tax unless `taxIncluded`. */
  unitPrice: amountSchema,
  ...reductionsAndTax,
});

/** A component that is not a line: shipping, gift wrap, a fee. */
const placedChargeSchema = z.strictObject({
  id: idSchema,
  amount: amountSchema,
  ...reductionsAndTax,
});

/** What a credit takes off the order. */
const creditOfSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('units'),
    lines: lineUnitsSchema,
    /**
     * Minor units credited for all of these units; their price with tax by default. Zero if the
     * money has already gone back.
     */
    amount: amountSchema.optional(),
    currency: currencySchema.optional(),
  }),
  ofComponents,
  ofAmount,
]);

export const orderRequests = {
  'order.place': z.strictObject({
    type: z.literal('order.place'),
    /** The host's id; the engine makes one if it is left out. */
    orderId: idSchema.optional(),
    number: idSchema.optional(),
    customerId: idSchema.optional(),
    currency: currencySchema,
    lines: z.array(placedLineSchema).min(1).max(1000),
    charges: z.array(placedChargeSchema).max(100).optional(),
    /** Minor units off the whole order, spread over the lines in proportion to their net. */
    discount: amountSchema.optional(),
    /** The discount by code; sums to it. */
    discounts: discountsSchema.optional(),
    /** The total that the caller expects; refused if it is not the sum of the components. */
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
    /** The units to cancel; all open units by default. */
    lines: lineUnitsSchema.optional(),
    reason: reasonSchema.optional(),
  }),
  'order.credit': z.strictObject({
    type: z.literal('order.credit'),
    orderId: idSchema,
    /** The host's id of this credit; each is used once. */
    creditId: idSchema,
    cause: z.enum([
      'return',
      'lost',
      'returnedToSender',
      'priceChange',
      'writeOff',
      'goodwill',
      'correction',
    ]),
    /** The document behind the cause, for example a return's id. */
    causeId: idSchema.optional(),
    of: creditOfSchema,
  }),
  'order.archive': z.strictObject({ type: z.literal('order.archive'), orderId: idSchema }),
  'order.annotate': z.strictObject({
    type: z.literal('order.annotate'),
    orderId: idSchema,
    /** Merged into the order's metadata, key by key; `null` removes a key. */
    metadata: jsonObjectSchema,
  }),
} as const;
