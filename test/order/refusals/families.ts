import { amending } from './amending.ts';
import { disputes } from './disputes.ts';
import { credits, currencies, units } from './money.ts';
import { payments } from './payments.ts';
import { placing } from './prices.ts';
import { unknown } from './references.ts';
import type { Row } from './row.ts';
import { hosts, rules } from './rules.ts';
import { used } from './used.ts';

/** Every refusal of the core, as people read it, by what it is about. */
export const families: Readonly<Record<string, readonly Row[]>> = {
  'what the order does not have': unknown,
  'what was used or answered before': used,
  'another currency': currencies,
  'an operation on a payment': payments,
  'a dispute, or what it took': disputes,
  'a credit or a refund': credits,
  'units that are not there': units,
  'an order whose prices do not add up': placing,
  'an amendment': amending,
  'a request that a law or a limit forbids': rules,
  'a command of an extension': hosts,
};
