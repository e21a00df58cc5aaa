import { z } from 'zod';
import {
  currencySchema,
  idSchema,
  positiveAmountSchema,
  reasonSchema,
  timestampSchema,
} from '../schemas.ts';

/** Identifies a report. Repetitions are recognized by their figures, not by this id (law L2). */
export const reporter = {
  /** The system that reports: `stripe`, `warehouse-7`. */
  source: idSchema,
  /** Its id of this report (the webhook's event id). */
  reportId: idSchema,
  /** When it happened; the time of recording if left out or in the future. */
  occurredAt: timestampSchema.optional(),
};

/** The fields of every report of a payment. */
export const payment = {
  type: z.literal('payment.report'),
  orderId: idSchema,
  paymentId: idSchema,
  /**
   * The provider's id of this movement: of the capture, the refund or the dispute, not of the payment.
   * It identifies the movement in both its reports: the webhook, and the response to the call.
   */
  objectId: idSchema,
  /** The engine's id of the operation, if the reporter knows it. */
  operationId: idSchema.optional(),
  method: reasonSchema.optional(),
  ...reporter,
};

/** A requested or reported amount. */
export const money = { amount: positiveAmountSchema, currency: currencySchema };

/** Why something failed, in the reporter's words. */
export const reason = { reason: reasonSchema.optional() };

/** Amounts of components: `line:<id>` or `charge:<id>`. */
export const ofComponents = z.strictObject({
  kind: z.literal('components'),
  components: z
    .array(z.strictObject({ component: z.string().min(6).max(136), amount: positiveAmountSchema }))
    .min(1)
    .max(1000)
    .refine((parts) => new Set(parts.map((part) => part.component)).size === parts.length, {
      message: 'must name each component at most once',
    }),
  currency: currencySchema,
});

/** An amount, spread over what is still charged; with cause `goodwill`, on top of it. */
export const ofAmount = z.strictObject({ kind: z.literal('amount'), ...money });
