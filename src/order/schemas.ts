import { z } from 'zod';
import { maximumAmount } from './money.ts';
import type { JsonObject } from './values.ts';

/** Names that would reach an object's prototype when used as a key. */
const unsafeNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const plainId = /^[\x21-\x7e]+$/;
const readableId = /^[^\p{C}\p{Z}](?:[^\p{C}]*[^\p{C}\p{Z}])?$/u;

/**
 * An identifier of the host or a provider: 1 to 128 characters, well-formed Unicode without
 * control characters and without white space at its ends.
 */
export const idSchema = z
  .string()
  .min(1)
  .max(128)
  .refine((id) => (plainId.test(id) || readableId.test(id)) && !unsafeNames.has(id), {
    message: 'must be printable, well-formed text without white space at the start or end',
  });

/** Free text for people: well-formed, without NUL, at most 2,000 characters. */
export const textSchema = z
  .string()
  .max(2000)
  .refine((text) => text.isWellFormed() && !text.includes('\0'), {
    message: 'must be well-formed Unicode without NUL',
  });

/** A reason for programs: like an id, at most 128 characters. */
export const reasonSchema = idSchema.describe('a reason');

/** An amount in minor units, zero or more, at most 10^13. */
export const amountSchema = z.int().min(0).max(maximumAmount);

/** An amount in minor units, above zero, at most 10^13. */
export const positiveAmountSchema = z.int().min(1).max(maximumAmount);

/** A list with each code at most once. */
function byCode<Entry extends z.ZodType<{ readonly code: string }>>(entry: Entry, most: number) {
  return z
    .array(entry)
    .max(most)
    .refine((entries) => new Set(entries.map(({ code }) => code)).size === entries.length, {
      message: 'must name each code at most once',
    });
}

const maximumCodes = 20;
const amountByCodeSchema = z.strictObject({ code: idSchema, amount: amountSchema });

/**
 * Percent as decimal text. Text survives every store and every language unchanged, and does not
 * invite computing with it: the caller gives the tax itself, in minor units.
 */
const rateSchema = z
  .string()
  .regex(/^(0|[1-9]\d{0,3})(\.\d{1,8})?$/, 'must be percent as decimal text: "19", "8.875"');

/** Taxes by code. */
export const taxesSchema = byCode(
  z.strictObject({ code: idSchema, rate: rateSchema.exactOptional(), amount: amountSchema }),
  maximumCodes,
);

/** Discounts by code. */
export const discountsSchema = byCode(amountByCodeSchema, maximumCodes);

/** Amounts by code in events: twice as many, as a line has its own discounts and the order's. */
export const amountsByCodeSchema = byCode(amountByCodeSchema, 2 * maximumCodes);

/** Units, above zero. */
export const unitsSchema = z.int().min(1).max(1_000_000_000);

/** ISO 4217 alphabetic code. */
export const currencySchema = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 alphabetic code');

/** Milliseconds since the Unix epoch, UTC, between the years 1970 and 9999. */
export const timestampSchema = z.int().min(0).max(253_402_300_799_999);

/** The host's own data, as JSON. The engine has limited its depth and size before this check. */
export const jsonObjectSchema = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  { message: 'must be a JSON object' },
);

const unitsOfLineSchema = z.strictObject({ lineId: idSchema, units: unitsSchema });

/** Units added to lines; empty if an event adds none. */
export const raisedUnitsSchema = z.array(unitsOfLineSchema).max(1000);

/** Units of lines; each line at most once. */
export const lineUnitsSchema = z
  .array(unitsOfLineSchema)
  .min(1)
  .max(1000)
  .refine((lines) => new Set(lines.map((line) => line.lineId)).size === lines.length, {
    message: 'must name each line at most once',
  });
