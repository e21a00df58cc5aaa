import { z } from 'zod';
import {
  amountSchema,
  currencySchema,
  idSchema,
  positiveAmountSchema,
  reasonSchema,
} from '../schemas.ts';
import { allocationSchema } from './parts.ts';

/** The fields of every event that a report of a payment records. */
export const movement = {
  paymentId: idSchema,
  source: idSchema,
  reportId: idSchema,
  objectId: idSchema,
  operationId: idSchema.nullable(),
  method: reasonSchema.nullable(),
};

/** Money that moved. */
export const moved = {
  /** Cumulative ("so far") for this provider object: never add these up over several events. */
  amount: positiveAmountSchema,
  /** What this event adds to `amount`: the sum over all events is the money that moved. */
  delta: amountSchema,
  currency: currencySchema,
};
export const reason = { reason: reasonSchema.nullable() };
const operation = {
  paymentId: idSchema,
  operationId: idSchema,
  amount: positiveAmountSchema,
  currency: currencySchema,
};

export const paymentEventSchemas = {
  'payment.authorization_requested': z.strictObject({
    ...operation,
    method: reasonSchema.nullable(),
    sale: z.boolean(),
  }),
  'payment.action_required': z.strictObject(movement),
  'payment.authorized': z.strictObject({ ...movement, ...moved }),
  'payment.authorization_failed': z.strictObject({ ...movement, ...reason }),
  'payment.authorization_expired': z.strictObject(movement),
  'payment.capture_requested': z.strictObject({ ...operation, releaseRemainder: z.boolean() }),
  'payment.captured': z.strictObject({ ...movement, ...moved, sale: z.boolean() }),
  'payment.capture_failed': z.strictObject({ ...movement, ...reason }),
  'payment.void_requested': z.strictObject({ ...operation, cause: reasonSchema }),
  'payment.voided': z.strictObject({ ...movement, ...moved }),
  'payment.void_failed': z.strictObject({ ...movement, ...reason }),
  'payment.refund_requested': z.strictObject({
    ...operation,
    cause: reasonSchema,
    causeId: idSchema.nullable(),
    allocation: allocationSchema,
    /** Whether it lowers the price; false if it pays an existing credit, or another tender pays. */
    credits: z.boolean(),
  }),
  'payment.refunded': z.strictObject({ ...movement, ...moved }),
  'payment.refund_failed': z.strictObject({ ...movement, ...reason }),
  'payment.refund_reversed': z.strictObject({ ...movement, ...moved }),
} as const;
