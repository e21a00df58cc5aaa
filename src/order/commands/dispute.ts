import { z } from 'zod';
import { currencySchema, idSchema, positiveAmountSchema, timestampSchema } from '../schemas.ts';
import { money, payment, reason } from './parts.ts';

const dispute = {
  orderId: idSchema,
  paymentId: idSchema,
  /** The provider's id of the dispute, as `objectId` of its reports. */
  disputeId: idSchema,
};

export const disputeRequests = {
  'dispute.submit': z.strictObject({
    type: z.literal('dispute.submit'),
    ...dispute,
    /** The host's id of the evidence, for the handler that sends it to the provider. */
    evidenceId: idSchema.optional(),
  }),
  'dispute.concede': z.strictObject({ type: z.literal('dispute.concede'), ...dispute }),
} as const;

/** An optional amount with its currency. */
const someMoney = {
  amount: positiveAmountSchema.optional(),
  currency: currencySchema.optional(),
};

const isWithCurrency = (told: { amount?: unknown; currency?: unknown }): boolean =>
  (told.amount === undefined) === (told.currency === undefined);
const together = {
  message: 'must come with a currency, and a currency with an amount',
  path: ['amount'],
};

/** The outcomes of `payment.report` about disputes. Amounts are totals so far for the dispute. */
export const disputeOutcomes = [
  z
    .strictObject({
      ...payment,
      /** How much is disputed. */
      ...someMoney,
      ...reason,
      /** When evidence is due. */
      dueBy: timestampSchema.optional(),
      outcome: z.literal('disputeOpened'),
    })
    .refine(isWithCurrency, together),
  z.strictObject({ ...payment, ...money, outcome: z.literal('disputeWithdrawn') }),
  z.strictObject({ ...payment, ...money, outcome: z.literal('disputeReinstated') }),
  z.strictObject({ ...payment, outcome: z.literal('disputeWon') }),
  z
    .strictObject({
      ...payment,
      /** The withdrawn amount, so that a returned debit is a single report. */
      ...someMoney,
      ...reason,
      outcome: z.literal('disputeLost'),
    })
    .refine(isWithCurrency, together),
] as const;
