import {
  currencySchema,
  idSchema,
  positiveAmountSchema,
  reasonSchema,
  timestampSchema,
} from '../schemas.ts';

/** Who reports, and under which id. Repetitions are recognized by their figures, not by this id (law L2). */
export const reporter = {
  /** The system that reports: `stripe`, `warehouse-7`. */
  source: idSchema,
  /** Its id of this report (the webhook's event id). */
  reportId: idSchema,
  /** When it happened there; the time of recording when left out, or when it has not come yet. */
  occurredAt: timestampSchema.optional(),
};

/** An amount that is asked for or told. */
export const money = { amount: positiveAmountSchema, currency: currencySchema };

/** Why something failed, in the reporter's words. */
export const reason = { reason: reasonSchema.optional() };
