import { z } from 'zod';
import {
  amountSchema,
  currencySchema,
  discountsSchema,
  idSchema,
  lineUnitsSchema,
  taxesSchema,
  textSchema,
  unitsSchema,
} from '../schemas.ts';
import { ofAmount, ofComponents } from './parts.ts';

/** The discounts and taxes of a line or charge. */
const reductionsAndTax = {
  /** Minor units off the whole line or charge. */
  discount: amountSchema.optional(),
  /** The discount by code; sums to it. */
  discounts: discountsSchema.optional(),
  /** Minor units of tax on the whole line or charge. */
  tax: amountSchema.optional(),
  /** The tax by code; sums to it. */
  taxes: taxesSchema.optional(),
  /** Whether the price, and so the discount, includes the tax. */
  taxIncluded: z.boolean().optional(),
};

/** A line as ordered. Prices come in with the order; the engine checks that they add up. */
export const placedLineSchema = z.strictObject({
  id: idSchema,
  sku: idSchema.optional(),
  title: textSchema.optional(),
  quantity: unitsSchema,
  /** Minor units for one unit, before discounts, and before tax unless `taxIncluded`. */
  unitPrice: amountSchema,
  ...reductionsAndTax,
});

/** A component that is not a line: shipping, gift wrap, a fee. */
export const placedChargeSchema = z.strictObject({
  id: idSchema,
  amount: amountSchema,
  ...reductionsAndTax,
});

/** What a credit takes off the order. */
const creditOfSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('units'),
    lines: lineUnitsSchema,
    /**
     * Minor units credited for all of these units; their price with tax by default. Zero if the
     * money has already gone back.
     */
    amount: amountSchema.optional(),
    currency: currencySchema.optional(),
  }),
  ofComponents,
  ofAmount,
]);

/** A credit, by itself or in an amendment. */
export const creditFields = {
  /** The host's id of this credit; each is used once. */
  creditId: idSchema,
  cause: z.enum([
    'return',
    'lost',
    'returnedToSender',
    'priceChange',
    'writeOff',
    'goodwill',
    'correction',
  ]),
  /** The document behind the cause, for example a return's id. */
  causeId: idSchema.optional(),
  of: creditOfSchema,
};
