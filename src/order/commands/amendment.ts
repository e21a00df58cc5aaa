import { z } from 'zod';
import {
  amountSchema,
  discountsSchema,
  idSchema,
  lineUnitsSchema,
  reasonSchema,
} from '../schemas.ts';
import { creditFields, placedChargeSchema, placedLineSchema } from './components.ts';

/** What an amendment changes. It adds, cancels and credits; what is there is never edited. */
const change = {
  /** Lines to add; their ids are new. */
  add: z.array(placedLineSchema).min(1).max(1000).optional(),
  /** Charges to add; their ids are new. */
  addCharges: z.array(placedChargeSchema).min(1).max(100).optional(),
  /** Minor units off the added lines, spread over them in proportion to their net. */
  discount: amountSchema.optional(),
  /** The discount by code; sums to it. */
  discounts: discountsSchema.optional(),
  /** Units to cancel. */
  cancel: lineUnitsSchema.optional(),
  /** A credit, as of `order.credit`. */
  credit: z.strictObject(creditFields).optional(),
  /** What the caller believes the order costs afterwards; refused when it does not. */
  total: amountSchema.optional(),
};

const named = { orderId: idSchema, amendmentId: idSchema };
const asked = { ...named, reason: reasonSchema.optional(), ...change };

export const amendmentRequests = {
  'order.amend': z.strictObject({ type: z.literal('order.amend'), ...asked }),
  'amendment.propose': z.strictObject({ type: z.literal('amendment.propose'), ...asked }),
  'amendment.approve': z.strictObject({ type: z.literal('amendment.approve'), ...named }),
  'amendment.decline': z.strictObject({
    type: z.literal('amendment.decline'),
    ...named,
    reason: reasonSchema.optional(),
  }),
} as const;
