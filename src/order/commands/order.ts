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
  textSchema,
} from '../schemas.ts';
import { creditFields, placedChargeSchema, placedLineSchema } from './components.ts';

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
    ...creditFields,
  }),
  'order.archive': z.strictObject({ type: z.literal('order.archive'), orderId: idSchema }),
  'order.annotate': z.strictObject({
    type: z.literal('order.annotate'),
    orderId: idSchema,
    /** Merged into the order's metadata, key by key; `null` removes a key. */
    metadata: jsonObjectSchema,
  }),
} as const;
