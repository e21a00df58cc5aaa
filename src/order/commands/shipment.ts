import { z } from 'zod';
import { idSchema, lineUnitsSchema, reasonSchema } from '../schemas.ts';
import { reporter } from './parts.ts';

const shipment = {
  type: z.literal('shipment.report'),
  orderId: idSchema,
  shipmentId: idSchema,
  /** Units of this shipment with this outcome so far, by line. */
  lines: lineUnitsSchema,
  carrier: reasonSchema.optional(),
  tracking: idSchema.optional(),
  ...reporter,
};

export const shipmentRequests = {
  'shipment.dispatch': z.strictObject({
    type: z.literal('shipment.dispatch'),
    orderId: idSchema,
    shipmentId: idSchema,
    lines: lineUnitsSchema,
    carrier: reasonSchema.optional(),
    tracking: idSchema.optional(),
    /** Dispatch even if the money is not secured, if the merchant wants that. Default false. */
    over: z.boolean().optional(),
  }),
} as const;

export const shipmentReports = {
  'shipment.report': z.strictObject({
    ...shipment,
    outcome: z.enum(['dispatched', 'voided', 'delivered', 'lost', 'returnedToSender']),
  }),
} as const;
