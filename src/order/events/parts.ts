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

/** An amount by what it is made of (law M5). */
export const price = {
  /** Net and tax together. */
  amount: amountSchema,
  net: amountSchema,
  tax: amountSchema,
  /** The tax by code; absent where the component's taxes have no codes. */
  taxes: amountsByCodeSchema.exactOptional(),
};

/** Units of lines, by report. */
export const units = {
  /** So far: never to be added up. */
  lines: lineUnitsSchema,
  /** What this event adds to it, for the lines where it adds something. */
  delta: raisedUnitsSchema,
};

/** Of what has a time that counts. */
export const dated = {
  /** Whether the reporter told `occurredAt`; else it is the time of recording. */
  dated: z.boolean(),
};

/** What is given back, by component; the amounts sum to the whole (law M5). */
export const allocationSchema = z.array(
  z.strictObject({
    /** `line:<id>`, `charge:<id>`, `goodwill`, `overpayment` or `tender`. */
    component: z.string(),
    ...price,
    /** Units credited by it, for a line. */
    units: unitsSchema.nullable(),
  }),
);
