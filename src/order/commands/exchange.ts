import { z } from 'zod';
import {
  amountSchema,
  discountsSchema,
  idSchema,
  lineUnitsSchema,
  reasonSchema,
  unitsSchema,
} from '../schemas.ts';
import { placedChargeSchema, placedLineSchema } from './components.ts';

const replacedLineSchema = z.strictObject({
  lineId: idSchema,
  units: unitsSchema,
  /** The id of the line that is added for them; new in the order. */
  as: idSchema,
});

export const exchangeRequests = {
  'exchange.request': z.strictObject({
    type: z.literal('exchange.request'),
    orderId: idSchema,
    exchangeId: idSchema,
    /** The return by which the units come back; it is approved with the exchange. */
    returnId: idSchema,
    /** Units that come back. */
    back: lineUnitsSchema,
    /** Lines that go out for them. */
    out: z.array(placedLineSchema).min(1).max(1000),
    /** Charges that go with them. */
    outCharges: z.array(placedChargeSchema).min(1).max(100).optional(),
    /** Minor units off the lines that go out, spread over them in proportion to their net. */
    discount: amountSchema.optional(),
    /** The discount by code; sums to it. */
    discounts: discountsSchema.optional(),
    /** When they may leave: once the units are back, or before. */
    ship: z.enum(['onReceipt', 'inAdvance']),
    reason: reasonSchema.optional(),
  }),
  'units.replace': z.strictObject({
    type: z.literal('units.replace'),
    orderId: idSchema,
    replacementId: idSchema,
    /** Units that are sent again, by line; each line at most once. */
    lines: z
      .array(replacedLineSchema)
      .min(1)
      .max(1000)
      .refine((lines) => new Set(lines.map((line) => line.lineId)).size === lines.length, {
        message: 'must name each line at most once',
      }),
    cause: z.enum(['lost', 'returnedToSender', 'damaged', 'wrong']),
  }),
} as const;
