import { z } from 'zod';
import { idSchema, lineUnitsSchema, reasonSchema } from '../schemas.ts';
import { reporter } from './parts.ts';

const shipment = {
  type: z.literal('shipment.report'),
  orderId: idSchema,
  shipmentId: idSchema,
  /** Units of this shipment that this outcome has reached so far, by line. */
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
    /** The goods leave although their money is not secured: the merchant knows. Default false. */
    over: z.boolean().optional(),
  }),
} as const;

export const shipmentReports = {
  'shipment.report': z.strictObject({
    ...shipment,
    outcome: z.enum(['dispatched', 'voided', 'delivered', 'lost', 'returnedToSender']),
  }),
} as const;
