import { z } from 'zod';
import { policySchema } from '../policy.ts';
import {
  amountSchema,
  currencySchema,
  idSchema,
  jsonObjectSchema,
  lineUnitsSchema,
  reasonSchema,
  textSchema,
  unitsSchema,
} from '../schemas.ts';
import { allocationSchema, placedCharges, placedLines, price } from './parts.ts';

const nothing = z.strictObject({});

export const orderEventSchemas = {
  'order.placed': z.strictObject({
    number: idSchema.nullable(),
    customerId: idSchema.nullable(),
    currency: currencySchema,
    total: amountSchema,
    policy: policySchema,
    lines: placedLines,
    charges: placedCharges,
    metadata: jsonObjectSchema,
    /** The first data of every extension, by its name. */
    extensions: z.record(z.string(), jsonObjectSchema),
  }),
  'order.confirmed': z.strictObject({
    customerId: idSchema.nullable(),
    currency: currencySchema,
    /** What was sold: the total less cancelled units. */
    total: amountSchema,
  }),
  'order.held': z.strictObject({ reason: reasonSchema, note: textSchema.nullable() }),
  'order.released': z.strictObject({ reason: reasonSchema }),
  'order.cancellation_requested': z.strictObject({
    reason: reasonSchema.nullable(),
    lines: lineUnitsSchema,
  }),
  'order.units_cancelled': z.strictObject({
    cause: reasonSchema,
    currency: currencySchema,
    lines: z.array(z.strictObject({ lineId: idSchema, units: unitsSchema, ...price })),
  }),
  'order.credited': z.strictObject({
    creditId: idSchema,
    cause: reasonSchema,
    causeId: idSchema.nullable(),
    /** Zero for units whose money has already gone back. */
    amount: amountSchema,
    currency: currencySchema,
    allocation: allocationSchema,
  }),
  'order.cancelled': nothing,
  'order.expired': nothing,
  'order.completed': nothing,
  'order.reopened': nothing,
  'order.archived': nothing,
  'order.annotated': z.strictObject({ metadata: jsonObjectSchema }),
} as const;
