import { z } from 'zod';
import { idSchema, lineUnitsSchema, reasonSchema } from '../schemas.ts';
import { reporter } from './parts.ts';

const returned = {
  type: z.literal('return.report'),
  orderId: idSchema,
  returnId: idSchema,
  ...reporter,
};

export const returnRequests = {
  'return.request': z.strictObject({
    type: z.literal('return.request'),
    orderId: idSchema,
    returnId: idSchema,
    lines: lineUnitsSchema,
    reason: reasonSchema.optional(),
  }),
  'return.approve': z.strictObject({
    type: z.literal('return.approve'),
    orderId: idSchema,
    returnId: idSchema,
  }),
  'return.decline': z.strictObject({
    type: z.literal('return.decline'),
    orderId: idSchema,
    returnId: idSchema,
    reason: reasonSchema.optional(),
  }),
  'return.close': z.strictObject({
    type: z.literal('return.close'),
    orderId: idSchema,
    returnId: idSchema,
  }),
} as const;

export const returnReports = {
  'return.report': z.discriminatedUnion('outcome', [
    z.strictObject({ ...returned, outcome: z.literal('inTransit'), lines: lineUnitsSchema }),
    z.strictObject({ ...returned, outcome: z.literal('received'), lines: lineUnitsSchema }),
    z.strictObject({ ...returned, outcome: z.literal('sentBack'), lines: lineUnitsSchema }),
    z.strictObject({
      ...returned,
      outcome: z.literal('inspected'),
      accepted: lineUnitsSchema.optional(),
      rejected: lineUnitsSchema.optional(),
    }),
  ]),
} as const;
