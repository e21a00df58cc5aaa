import type { CommandOf } from '../commands/commands.ts';
import { type CoreFact, fact } from '../events/events.ts';
import { addAmounts, formatMinorUnits } from '../money.ts';
import { mergePolicy, type OrderPolicy } from '../policy.ts';
import { Refusal } from '../refusal.ts';
import type { JsonObject } from '../values.ts';
import { priceComponents } from './pricing.ts';
import { repeatedId } from './references.ts';

type Place = CommandOf<'order.place'>;

/** What a new order gets besides the fields of its command. */
export interface PlaceDefaults {
  readonly policy: OrderPolicy;
  readonly extensions: Readonly<Record<string, JsonObject>>;
}

/** Places an order: prices every component exactly, and refuses a total that does not add up. */
export function decidePlace(
  command: Place,
  defaults: PlaceDefaults,
): readonly CoreFact[] | Refusal {
  const { currency } = command;
  const repeated = repeatedId('line', command.lines) ?? repeatedId('charge', command.charges ?? []);
  if (repeated !== undefined) return repeated;
  const priced = priceComponents(command);
  if (priced instanceof Refusal) return priced;
  const { lines, charges } = priced;
  const total = addAmounts(...[...lines, ...charges].flatMap(({ net, tax }) => [net, tax]));
  if (command.total !== undefined && command.total !== total) {
    return new Refusal(
      'totalMismatch',
      `The components add up to ${formatMinorUnits(total, currency)} ${currency}, not to ` +
        `${formatMinorUnits(command.total, currency)}: send prices that add up, or leave out the total.`,
      { law: 'M5', figures: { components: total, total: command.total } },
    );
  }
  return [
    fact('order.placed', {
      number: command.number ?? null,
      customerId: command.customerId ?? null,
      currency,
      total,
      // Both are valid: `compileRules` checked the defaults, and the parser checked the command.
      policy: mergePolicy(defaults.policy, command.policy),
      lines,
      charges,
      metadata: command.metadata ?? {},
      extensions: { ...defaults.extensions },
    }),
  ];
}
