import { z } from 'zod';
import { idSchema, lineUnitsSchema } from '../schemas.ts';
import { dated, reporter, units } from './parts.ts';

export const fulfillmentEventSchemas = {
  'fulfillment.requested': z.strictObject({ fulfillmentId: idSchema, lines: lineUnitsSchema }),
  'fulfillment.granted': z.strictObject({
    objectId: idSchema,
    ...units,
    ...reporter,
    ...dated,
  }),
} as const;
