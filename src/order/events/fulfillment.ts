import { z } from 'zod';
import { idSchema, lineUnitsSchema } from '../schemas.ts';
import { reporter, units } from './parts.ts';

export const fulfillmentEventSchemas = {
  'fulfillment.requested': z.strictObject({ fulfillmentId: idSchema, lines: lineUnitsSchema }),
  'fulfillment.granted': z.strictObject({
    objectId: idSchema,
    ...units,
    ...reporter,
  }),
} as const;
