import { z } from 'zod';
import { idSchema, textSchema } from '../schemas.ts';

const figures = z.record(z.string(), z.number());

export const discrepancyEventSchemas = {
  'discrepancy.detected': z.strictObject({
    discrepancyId: idSchema,
    law: z.string(),
    subject: z.string(),
    figures,
  }),
  'discrepancy.resolved': z.strictObject({
    discrepancyId: idSchema,
    law: z.string(),
    subject: z.string(),
    /** `converged`: the law holds again. `accepted`: a person accepted the breach, with a note. */
    cause: z.enum(['converged', 'accepted']),
    note: textSchema.nullable(),
    figures,
  }),
} as const;
