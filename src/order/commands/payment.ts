import { z } from 'zod';
import { idSchema, lineUnitsSchema, reasonSchema } from '../schemas.ts';
import { disputeOutcomes } from './dispute.ts';
import { money, ofAmount, ofComponents, payment, reason } from './parts.ts';

/** What a refund gives back. */
const refundOfSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('units'), lines: lineUnitsSchema }),
  ofComponents,
  ofAmount,
  /** What the order already owes (a credit whose refund failed or bounced). Adds no new credit. */
  z.strictObject({ kind: z.literal('credit') }),
  /** An amount that another tender pays instead. The order costs the same as before. */
  z.strictObject({ kind: z.literal('tender'), ...money }),
]);

const refundCauses = [
  'cancellation',
  'return',
  'lost',
  'returnedToSender',
  'priceChange',
  'goodwill',
  'correction',
] as const;

/** Allows more than is due (law M12), if the merchant wants that. Default false. */
const over = z.boolean().optional();

export const paymentRequests = {
  'payment.authorize': z.strictObject({
    type: z.literal('payment.authorize'),
    orderId: idSchema,
    paymentId: idSchema,
    method: reasonSchema.optional(),
    /** Authorize and capture in one operation. */
    sale: z.boolean().optional(),
    over,
    ...money,
  }),
  'payment.capture': z.strictObject({
    type: z.literal('payment.capture'),
    orderId: idSchema,
    paymentId: idSchema,
    /** Release the rest of the authorization once this capture has succeeded. */
    releaseRemainder: z.boolean().optional(),
    over,
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
    /** The payment to refund; by default all payments, oldest first. */
    paymentId: idSchema.optional(),
    cause: z.enum(refundCauses),
    /** The document behind the cause, for example a return's id. */
    causeId: idSchema.optional(),
    of: refundOfSchema,
  }),
} as const;

export const paymentReports = {
  'payment.report': z.discriminatedUnion('outcome', [
    z.strictObject({ ...payment, ...money, outcome: z.literal('authorized') }),
    z.strictObject({ ...payment, outcome: z.literal('actionRequired') }),
    z.strictObject({ ...payment, ...reason, outcome: z.literal('authorizationFailed') }),
    z.strictObject({
      ...payment,
      ...money,
      outcome: z.literal('captured'),
      /** Authorized and captured in one step; counts as both. */
      sale: z.boolean().optional(),
    }),
    z.strictObject({ ...payment, ...reason, outcome: z.literal('captureFailed') }),
    z.strictObject({ ...payment, ...money, outcome: z.literal('voided') }),
    z.strictObject({ ...payment, ...reason, outcome: z.literal('voidFailed') }),
    z.strictObject({ ...payment, outcome: z.literal('authorizationExpired') }),
    z.strictObject({ ...payment, ...money, outcome: z.literal('refunded') }),
    z.strictObject({ ...payment, ...reason, outcome: z.literal('refundFailed') }),
    z.strictObject({ ...payment, ...money, outcome: z.literal('refundReversed') }),
    ...disputeOutcomes,
  ]),
} as const;
