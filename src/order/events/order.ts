import { z } from 'zod';
import { policySchema } from '../policy.ts';
import {
  amountSchema,
  amountsByCodeSchema,
  currencySchema,
  idSchema,
  jsonObjectSchema,
  lineUnitsSchema,
  reasonSchema,
  taxesSchema,
  textSchema,
  unitsSchema,
} from '../schemas.ts';
import { allocationSchema, price } from './parts.ts';

/** Amounts by code of a line or charge as placed; absent if there are none. */
const byCode = {
  taxes: taxesSchema.exactOptional(),
  discounts: amountsByCodeSchema.exactOptional(),
};

const nothing = z.strictObject({});

export const orderEventSchemas = {
  'order.placed': z.strictObject({
    number: idSchema.nullable(),
    customerId: idSchema.nullable(),
    currency: currencySchema,
    total: amountSchema,
    policy: policySchema,
    lines: z.array(
      z.strictObject({
        id: idSchema,
        sku: idSchema.nullable(),
        title: textSchema.nullable(),
        quantity: unitsSchema,
        unitPrice: amountSchema,
        net: amountSchema,
        tax: amountSchema,
        /** Whether the unit price includes the tax; absent if it does not. */
        taxIncluded: z.literal(true).exactOptional(),
        ...byCode,
      }),
    ),
    charges: z.array(
      z.strictObject({ id: idSchema, net: amountSchema, tax: amountSchema, ...byCode }),
    ),
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
