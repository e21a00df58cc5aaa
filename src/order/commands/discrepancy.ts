import { z } from 'zod';
import { idSchema, textSchema } from '../schemas.ts';

export const discrepancyRequests = {
  'discrepancy.resolve': z.strictObject({
    type: z.literal('discrepancy.resolve'),
    orderId: idSchema,
    discrepancyId: idSchema,
    note: textSchema.min(1),
  }),
} as const;
