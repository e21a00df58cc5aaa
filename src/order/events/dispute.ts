import { z } from 'zod';
import { amountSchema, currencySchema, idSchema, timestampSchema } from '../schemas.ts';
import { moved, movement, reason } from './payment.ts';

const dispute = { paymentId: idSchema, disputeId: idSchema };

export const disputeEventSchemas = {
  'payment.dispute_opened': z.strictObject({
    ...movement,
    /** The disputed amount so far; zero until a report gives it. It moves no money. */
    amount: amountSchema,
    currency: currencySchema,
    ...reason,
    /** When evidence is due: the latest time reported so far. */
    dueBy: timestampSchema.nullable(),
  }),
  'payment.dispute_withdrawn': z.strictObject({ ...movement, ...moved }),
  'payment.dispute_reinstated': z.strictObject({ ...movement, ...moved }),
  'payment.dispute_won': z.strictObject(movement),
  'payment.dispute_lost': z.strictObject({
    ...movement,
    ...moved,
    /** The withdrawn amount so far; zero until a report gives it. */
    amount: amountSchema,
    ...reason,
  }),
  'dispute.submission_requested': z.strictObject({ ...dispute, evidenceId: idSchema.nullable() }),
  'dispute.concession_requested': z.strictObject(dispute),
  'dispute.evidence_due': z.strictObject({ ...dispute, dueBy: timestampSchema }),
} as const;
