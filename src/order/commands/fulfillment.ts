import { z } from 'zod';
import { idSchema, lineUnitsSchema } from '../schemas.ts';
import { reporter } from './parts.ts';

export const fulfillmentRequests = {
  'fulfillment.request': z.strictObject({
    type: z.literal('fulfillment.request'),
    orderId: idSchema,
    fulfillmentId: idSchema,
    lines: lineUnitsSchema,
  }),
} as const;

export const fulfillmentReports = {
  'fulfillment.report': z.strictObject({
    type: z.literal('fulfillment.report'),
    orderId: idSchema,
    /** The grantor's id of this grant. */
    objectId: idSchema,
    outcome: z.literal('granted'),
    lines: lineUnitsSchema,
    ...reporter,
  }),
} as const;
