import { z } from 'zod';
import { ofAmount, ofComponents } from '../commands/parts.ts';
import {
  amountSchema,
  currencySchema,
  idSchema,
  lineUnitsSchema,
  raisedUnitsSchema,
  reasonSchema,
} from '../schemas.ts';
import { placedCharges, placedLines } from './parts.ts';

const named = { amendmentId: idSchema, reason: reasonSchema.nullable() };

/** What is added, priced. */
const added = {
  /** What the added lines and charges cost. */
  amount: amountSchema,
  lines: placedLines,
  charges: placedCharges,
};

/** A credit that a proposal waits with; allocated when it is approved. */
const proposedCredit = z.strictObject({
  creditId: idSchema,
  cause: reasonSchema,
  causeId: idSchema.nullable(),
  of: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('units'),
      lines: lineUnitsSchema,
      /** Minor units for all of them; their price and tax when absent. */
      amount: amountSchema.exactOptional(),
      currency: currencySchema.exactOptional(),
    }),
    ofComponents,
    ofAmount,
  ]),
});

/** What a proposal would change. */
export const changeSchema = z.strictObject({
  ...added,
  /** Units that would be cancelled. */
  cancel: raisedUnitsSchema,
  credit: proposedCredit.nullable(),
  /** What the order must cost afterwards; `null` when that was not told. */
  total: amountSchema.nullable(),
});

export const amendmentEventSchemas = {
  /** What was cancelled and credited with it is told by events of their own. */
  'order.amended': z.strictObject({ ...named, currency: currencySchema, ...added }),
  'amendment.proposed': z.strictObject({
    ...named,
    currency: currencySchema,
    change: changeSchema,
  }),
  'amendment.declined': z.strictObject(named),
  'amendment.lapsed': z.strictObject({ amendmentId: idSchema }),
} as const;
