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

/** What lines and charges say of their discounts and taxes. */
const reductionsAndTax = {
  /** Minor units off the whole of it. */
  discount: amountSchema.optional(),
  /** The discount by code; sums to it. */
  discounts: discountsSchema.optional(),
  /** Minor units of tax on the whole of it. */
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
  /** Minor units for one, before discount; before tax too, unless it is included. */
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
    /** Minor units credited for all of them; their price and tax when left out. Zero when the money went back already. */
    amount: amountSchema.optional(),
    currency: currencySchema.optional(),
  }),
  ofComponents,
  ofAmount,
]);

export const orderRequests = {
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
    /** The discount by code; sums to it. */
    discounts: discountsSchema.optional(),
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
