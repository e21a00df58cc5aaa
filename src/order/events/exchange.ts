import { z } from 'zod';
import { idSchema, lineUnitsSchema, reasonSchema, unitsSchema } from '../schemas.ts';

export const exchangeEventSchemas = {
  /** The lines that go out are told by `order.amended`, under the same id. */
  'exchange.requested': z.strictObject({
    exchangeId: idSchema,
    returnId: idSchema,
    back: lineUnitsSchema,
    ship: z.enum(['onReceipt', 'inAdvance']),
    reason: reasonSchema.nullable(),
  }),
  /** Units that came back are netted against what went out; the amount is told by `order.credited`. */
  'exchange.credited': z.strictObject({ exchangeId: idSchema, lines: lineUnitsSchema }),
  /** What is credited and added for it is told by `order.amended` and `order.credited`, under the same id. */
  'units.replaced': z.strictObject({
    replacementId: idSchema,
    cause: reasonSchema,
    lines: z.array(z.strictObject({ lineId: idSchema, units: unitsSchema, as: idSchema })),
  }),
} as const;
