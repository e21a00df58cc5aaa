import { z } from 'zod';
import {
  amountSchema,
  amountsByCodeSchema,
  idSchema,
  lineUnitsSchema,
  raisedUnitsSchema,
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
