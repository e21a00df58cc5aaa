import type { CommandOf } from '../commands/commands.ts';
import { type CoreFact, type EventData, fact } from '../events/events.ts';
import { addAmounts, allocateAmount, formatMinorUnits, maximumAmount } from '../money.ts';
import { mergePolicy, type OrderPolicy } from '../policy.ts';
import { Refusal } from '../refusal.ts';
import type { JsonObject } from '../values.ts';

type Place = CommandOf<'order.place'>;
type PlacedLine = EventData<'order.placed'>['lines'][number];

/** What an order starts with, besides what its command says. */
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
  const repeated = findRepeated(command);
  if (repeated !== undefined) return alreadyNamed(repeated);
  const beyond = beyondMaximum(command);
  if (beyond !== undefined) return beyond;
  const grossNets = command.lines.map(
    (line) => line.unitPrice * line.quantity - (line.discount ?? 0),
  );
  const tooMuch = findExcess(command, grossNets);
  if (tooMuch !== undefined) return tooMuch;
  const shares = allocateAmount(command.discount ?? 0, grossNets);
  const lines = command.lines.map((line, index) =>
    pricedLine(line, (grossNets[index] ?? 0) - (shares[index] ?? 0)),
  );
  const charges = (command.charges ?? []).map(({ id, amount, tax }) => ({
    id,
    net: amount,
    tax: tax ?? 0,
  }));
  const total = addAmounts(...[...lines, ...charges].flatMap(({ net, tax }) => [net, tax]));
  if (command.total !== undefined && command.total !== total) {
    return new Refusal(
      'totalMismatch',
      `The components add up to ${formatMinorUnits(total, currency)} ${currency}, not to ` +
        `${formatMinorUnits(command.total, currency)}: send prices that add up, or no total.`,
      { law: 'M5', figures: { components: total, total: command.total } },
    );
  }
  return [
    fact('order.placed', {
      number: command.number ?? null,
      customerId: command.customerId ?? null,
      currency,
      total,
      // Both were checked by their schema, when the rules were compiled and when this was parsed.
      policy: mergePolicy(defaults.policy, command.policy),
      lines,
      charges,
      metadata: command.metadata ?? {},
      extensions: { ...defaults.extensions },
    }),
  ];
}

function pricedLine(line: Place['lines'][number], net: number): PlacedLine {
  const { id, quantity, unitPrice } = line;
  const names = { sku: line.sku ?? null, title: line.title ?? null };
  return { id, ...names, quantity, unitPrice, net, tax: line.tax ?? 0 };
}

function findRepeated({ lines, charges }: Place): string | undefined {
  for (const entries of [lines, charges ?? []]) {
    const ids = new Set<string>();
    for (const { id } of entries) {
      if (ids.has(id)) return id;
      ids.add(id);
    }
  }
  return undefined;
}

function alreadyNamed(id: string): Refusal {
  return new Refusal(
    'alreadyUsed',
    `Two lines or two charges have the id "${id}": give each an id of its own.`,
    { figures: { id } },
  );
}

/**
 * Law M8: an order costs no more than a single amount may be, so that everything that is made of
 * its prices (nets, its total, what a cancellation or a refund takes off) is an amount as well.
 * Measured before discounts. A sum too large to be exact is still too large.
 */
function beyondMaximum({ lines, charges = [] }: Place): Refusal | undefined {
  let gross = 0;
  for (const { unitPrice, quantity, tax = 0 } of lines) gross += unitPrice * quantity + tax;
  for (const { amount, tax = 0 } of charges) gross += amount + tax;
  if (gross <= maximumAmount) return undefined;
  return new Refusal(
    'lawBroken',
    `Before discounts the order costs more than ${maximumAmount} minor units: split the order.`,
    { law: 'M8', figures: { gross, maximum: maximumAmount } },
  );
}

/** A discount beyond the price would make an amount negative. */
function findExcess(command: Place, nets: readonly number[]): Refusal | undefined {
  const at = nets.findIndex((net) => net < 0);
  const line = command.lines[at];
  if (line !== undefined) {
    return new Refusal('totalMismatch', `The discount of line "${line.id}" exceeds its price.`, {
      law: 'M5',
      figures: { line: line.id, discount: line.discount ?? 0 },
    });
  }
  const discount = command.discount ?? 0;
  const priced = addAmounts(...nets);
  if (discount <= priced) return undefined;
  return new Refusal('totalMismatch', 'The discount of the order exceeds the price of its lines.', {
    law: 'M5',
    figures: { discount, price: priced },
  });
}
