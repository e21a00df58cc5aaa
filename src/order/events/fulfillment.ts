import { z } from 'zod';
import { idSchema, lineUnitsSchema, reasonSchema, textSchema } from '../schemas.ts';

const reporter = { source: idSchema, reportId: idSchema };

const shipment = {
  shipmentId: idSchema,
  lines: lineUnitsSchema,
  carrier: reasonSchema.nullable(),
  tracking: idSchema.nullable(),
  /** `null` when the dispatch was a request of ours, not a report. */
  source: idSchema.nullable(),
  reportId: idSchema.nullable(),
};

export const fulfillmentEventSchemas = {
  'fulfillment.requested': z.strictObject({ fulfillmentId: idSchema, lines: lineUnitsSchema }),
  'fulfillment.granted': z.strictObject({
    objectId: idSchema,
    lines: lineUnitsSchema,
    ...reporter,
  }),
  'shipment.dispatched': z.strictObject(shipment),
  'shipment.delivered': z.strictObject(shipment),
  'shipment.lost': z.strictObject(shipment),
  'shipment.returned_to_sender': z.strictObject(shipment),
} as const;

export const returnEventSchemas = {
  'return.requested': z.strictObject({
    returnId: idSchema,
    lines: lineUnitsSchema,
    reason: reasonSchema.nullable(),
  }),
  'return.approved': z.strictObject({ returnId: idSchema }),
  'return.declined': z.strictObject({ returnId: idSchema, reason: reasonSchema.nullable() }),
  'return.in_transit': z.strictObject({ returnId: idSchema, lines: lineUnitsSchema, ...reporter }),
  'return.received': z.strictObject({ returnId: idSchema, lines: lineUnitsSchema, ...reporter }),
  'return.inspected': z.strictObject({
    returnId: idSchema,
    accepted: z.array(lineUnitsSchema.element),
    rejected: z.array(lineUnitsSchema.element),
    ...reporter,
  }),
} as const;

const figures = z.record(z.string(), z.number());

export const discrepancyEventSchemas = {
  'discrepancy.detected': z.strictObject({
    discrepancyId: idSchema,
    law: z.string(),
    subject: z.string(),
    figures,
  }),
  'discrepancy.resolved': z.strictObject({
    discrepancyId: idSchema,
    law: z.string(),
    subject: z.string(),
    /** `converged`: the ledgers keep the law again. `accepted`: somebody said so, with a note. */
    cause: z.enum(['converged', 'accepted']),
    note: textSchema.nullable(),
    figures,
  }),
} as const;
