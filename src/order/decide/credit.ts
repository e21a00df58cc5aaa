import type { CommandOf } from '../commands/commands.ts';
import { type CoreFact, fact } from '../events/events.ts';
import { allocateAmount } from '../money.ts';
import type { Order } from '../order.ts';
import { shareOfPrice } from '../prices.ts';
import { Refusal } from '../refusal.ts';
import { type Allocation, allocate, creditsTooMuch } from './allocation.ts';
import type { Decider } from './decider.ts';
import { idTaken, otherCurrency } from './references.ts';

/** What a credit says, by itself or in an amendment. */
type Credit = Pick<CommandOf<'order.credit'>, 'creditId' | 'of'> & {
  readonly cause: string;
  readonly causeId?: string | null | undefined;
};

/** A credit lowers the price without a payout; a refund pays back what the order then owes. */
export const decideCredit: Decider<CommandOf<'order.credit'>> = (command, { order }) =>
  credit(order, command);

/** The facts of a credit, by itself, in an amendment, or for an exchange. */
export function credit(order: Order, asked: Credit): readonly CoreFact[] | Refusal {
  const { creditId, cause } = asked;
  if (order.credits.some(({ id }) => id === creditId)) return idTaken('credit', creditId);
  const allocation = allocationOf(asked, order);
  if (allocation instanceof Refusal) return allocation;
  // `addAmounts` would throw: no law has been checked yet, so the sum may exceed a safe integer.
  const amount = allocation.reduce((sum, part) => sum + part.amount, 0);
  const tooMuch = creditsTooMuch(order, amount);
  if (tooMuch !== undefined) return tooMuch;
  const causeId = asked.causeId ?? null;
  const { currency } = order;
  return [fact('order.credited', { creditId, cause, causeId, amount, currency, allocation })];
}

function allocationOf({ of, cause }: Credit, order: Order): Allocation | Refusal {
  const allocation = allocate(order, of, cause);
  if (allocation instanceof Refusal || of.kind !== 'units' || of.amount === undefined) {
    return allocation;
  }
  const { amount } = of;
  const refused = otherCurrency(order, of.currency ?? order.currency);
  if (refused !== undefined) return refused;
  // The amount replaces the price of the units: it has already gone back, or was agreed on.
  const shares = allocateAmount(
    amount,
    allocation.map((part) => part.amount),
  );
  return allocation.map((part, index) => ({
    ...part,
    ...shareOfPrice(part, shares[index] ?? 0),
  }));
}
