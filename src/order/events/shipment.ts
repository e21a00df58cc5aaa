import { z } from 'zod';
import { idSchema, reasonSchema } from '../schemas.ts';
import { dated, units } from './parts.ts';

const shipment = {
  shipmentId: idSchema,
  ...units,
  carrier: reasonSchema.nullable(),
  tracking: idSchema.nullable(),
  /** `null` if the dispatch was a request, not a report. */
  source: idSchema.nullable(),
  reportId: idSchema.nullable(),
};

export const shipmentEventSchemas = {
  'shipment.dispatched': z.strictObject(shipment),
  'shipment.voided': z.strictObject(shipment),
  'shipment.delivered': z.strictObject({ ...shipment, ...dated }),
  'shipment.lost': z.strictObject(shipment),
  'shipment.returned_to_sender': z.strictObject(shipment),
} as const;
