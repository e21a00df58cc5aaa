import { z } from 'zod';
import { idSchema, lineUnitsSchema, raisedUnitsSchema } from '../schemas.ts';

/** Who reported it. */
export const reporter = { source: idSchema, reportId: idSchema };

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
