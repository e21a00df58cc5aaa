import { z } from 'zod';
import { idSchema, lineUnitsSchema, raisedUnitsSchema, reasonSchema } from '../schemas.ts';
import { reporter, units } from './parts.ts';

export const returnEventSchemas = {
  'return.requested': z.strictObject({
    returnId: idSchema,
    lines: lineUnitsSchema,
    reason: reasonSchema.nullable(),
  }),
  'return.approved': z.strictObject({ returnId: idSchema }),
  'return.declined': z.strictObject({ returnId: idSchema, reason: reasonSchema.nullable() }),
  'return.closed': z.strictObject({
    returnId: idSchema,
    /** `request`: closed by `return.close`. `timeout`: its deadline passed. */
    cause: z.enum(['request', 'timeout']),
  }),
  'return.in_transit': z.strictObject({ returnId: idSchema, ...units, ...reporter }),
  'return.received': z.strictObject({ returnId: idSchema, ...units, ...reporter }),
  /** Rejected, and sent to the customer again. */
  'return.sent_back': z.strictObject({ returnId: idSchema, ...units, ...reporter }),
  'return.inspected': z.strictObject({
    returnId: idSchema,
    accepted: raisedUnitsSchema,
    acceptedDelta: raisedUnitsSchema,
    rejected: raisedUnitsSchema,
    rejectedDelta: raisedUnitsSchema,
    ...reporter,
  }),
} as const;
