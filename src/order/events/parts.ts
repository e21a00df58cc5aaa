import { z } from 'zod';
import {
  amountSchema,
  amountsByCodeSchema,
  idSchema,
  lineUnitsSchema,
  raisedUnitsSchema,
  taxesSchema,
  textSchema,
  unitsSchema,
} from '../schemas.ts';

/** Who reported it. */
export const reporter = { source: idSchema, reportId: idSchema };

/** An amount and its parts (law M5). */
export const price = {
  /** Net and tax together. */
  amount: amountSchema,
  net: amountSchema,
  tax: amountSchema,
  /** The tax by code; absent if the component's taxes have no codes. */
  taxes: amountsByCodeSchema.exactOptional(),
};

/** Amounts by code of a line or charge as placed; absent if there are none. */
const byCode = {
  taxes: taxesSchema.exactOptional(),
  discounts: amountsByCodeSchema.exactOptional(),
};

/** Lines as placed, or added by an amendment. */
export const placedLines = z.array(
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
);

/** Charges as placed, or added by an amendment. */
export const placedCharges = z.array(
  z.strictObject({ id: idSchema, net: amountSchema, tax: amountSchema, ...byCode }),
);

/** Units of lines in a report. */
export const units = {
  /** Cumulative ("so far"): never add these up over several events. */
  lines: lineUnitsSchema,
  /** What this event adds, for the lines where it adds anything. */
  delta: raisedUnitsSchema,
};

/** For events whose time matters to the rules. */
export const dated = {
  /** Whether the report gave `occurredAt`; if not, it is the time of recording. */
  dated: z.boolean(),
};

/** What is given back, by component; the amounts sum to the whole (law M5). */
export const allocationSchema = z.array(
  z.strictObject({
    /** `line:<id>`, `charge:<id>`, `goodwill`, `overpayment` or `tender`. */
    component: z.string(),
    ...price,
    /** The units credited, for a line; otherwise `null`. */
    units: unitsSchema.nullable(),
  }),
);
