import { z } from 'zod';
import {
  amountSchema,
  idSchema,
  positiveAmountSchema,
  reasonSchema,
  unitsSchema,
} from '../schemas.ts';

const movement = {
  paymentId: idSchema,
  source: idSchema,
  reportId: idSchema,
  objectId: idSchema,
  operationId: idSchema.nullable(),
  method: reasonSchema.nullable(),
};

const amount = { amount: positiveAmountSchema };
const reason = { reason: reasonSchema.nullable() };
const operation = { paymentId: idSchema, operationId: idSchema, ...amount };

/** What a refund gives back, by component; the amounts sum to the refund's amount (law M5). */
const allocationSchema = z.array(
  z.strictObject({
    /** `line:<id>`, `charge:<id>`, `goodwill` or `overpayment`. */
    component: z.string(),
    amount: amountSchema,
    /** Units credited by it, for a line. */
    units: unitsSchema.nullable(),
  }),
);

export const paymentEventSchemas = {
  'payment.authorization_requested': z.strictObject({
    ...operation,
    method: reasonSchema.nullable(),
    sale: z.boolean(),
  }),
  'payment.action_required': z.strictObject(movement),
  'payment.authorized': z.strictObject({ ...movement, ...amount }),
  'payment.authorization_failed': z.strictObject({ ...movement, ...reason }),
  'payment.authorization_expired': z.strictObject(movement),
  'payment.capture_requested': z.strictObject({ ...operation, releaseRemainder: z.boolean() }),
  'payment.captured': z.strictObject({ ...movement, ...amount, sale: z.boolean() }),
  'payment.capture_failed': z.strictObject({ ...movement, ...reason }),
  'payment.void_requested': z.strictObject({ ...operation, cause: reasonSchema }),
  'payment.voided': z.strictObject({ ...movement, ...amount }),
  'payment.void_failed': z.strictObject({ ...movement, ...reason }),
  'payment.refund_requested': z.strictObject({
    ...operation,
    cause: reasonSchema,
    causeId: idSchema.nullable(),
    allocation: allocationSchema,
    /** Whether it lowers what is owed; false when it pays a credit that exists. */
    credits: z.boolean(),
  }),
  'payment.refunded': z.strictObject({ ...movement, ...amount }),
  'payment.refund_failed': z.strictObject({ ...movement, ...reason }),
  'payment.refund_reversed': z.strictObject({ ...movement, ...amount }),
} as const;
