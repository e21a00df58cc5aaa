import { z } from 'zod';
import { amountSchema, currencySchema, idSchema, timestampSchema } from '../schemas.ts';
import { moved, movement, reason } from './payment.ts';

const dispute = { paymentId: idSchema, disputeId: idSchema };

export const disputeEventSchemas = {
  'payment.dispute_opened': z.strictObject({
    ...movement,
    /** How much is disputed, so far; zero until a report says so. Nothing has moved by it. */
    amount: amountSchema,
    currency: currencySchema,
    ...reason,
    /** When evidence is due: the latest time that was reported. */
    dueBy: timestampSchema.nullable(),
  }),
  'payment.dispute_withdrawn': z.strictObject({ ...movement, ...moved }),
  'payment.dispute_reinstated': z.strictObject({ ...movement, ...moved }),
  'payment.dispute_won': z.strictObject(movement),
  'payment.dispute_lost': z.strictObject({
    ...movement,
    ...moved,
    /** Withdrawn for it, so far; zero until a report says so. */
    amount: amountSchema,
    ...reason,
  }),
  'dispute.submission_requested': z.strictObject({ ...dispute, evidenceId: idSchema.nullable() }),
  'dispute.concession_requested': z.strictObject(dispute),
  'dispute.evidence_due': z.strictObject({ ...dispute, dueBy: timestampSchema }),
} as const;
