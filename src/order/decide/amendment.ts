import type { Amendment, AmendmentChange } from '../changes.ts';
import type { CommandOf } from '../commands/commands.ts';
import { type CoreFact, type EventData, fact } from '../events/events.ts';
import { figuresOf } from '../figures.ts';
import { addAmounts, formatMinorUnits, maximumAmount } from '../money.ts';
import type { Order } from '../order.ts';
import { Refusal } from '../refusal.ts';
import type { MinorUnits } from '../values.ts';
import { credit } from './credit.ts';
import type { DecideContext, Decider } from './decider.ts';
import { cancelUnits } from './order.ts';
import { priceComponents } from './pricing.ts';
import {
  creditedAlready,
  findAmendment,
  idTaken,
  notOpen,
  repeatedId,
  unknownLine,
} from './references.ts';

/** Changes the order at once: what is added, cancelled and credited, in one commit. */
export const decideAmend: Decider<CommandOf<'order.amend'>> = (command, context) => {
  const { amendmentId, reason = null } = command;
  const change = priceChange(command, context.order);
  return change instanceof Refusal ? change : amend({ amendmentId, reason }, change, context);
};

/** Proposes a change that could be made now: it waits for an answer, and moves no ledger. */
export const decidePropose: Decider<CommandOf<'amendment.propose'>> = (command, context) => {
  const { amendmentId, reason = null } = command;
  const { currency } = context.order;
  const change = priceChange(command, context.order);
  if (change instanceof Refusal) return change;
  const facts = amend({ amendmentId, reason }, change, context);
  if (facts instanceof Refusal) return facts;
  return [fact('amendment.proposed', { amendmentId, reason, currency, change })];
};

/** Makes a proposed change, decided again: the order may have changed since it was proposed. */
export const decideApprove: Decider<CommandOf<'amendment.approve'>> = (command, context) => {
  const proposal = openProposal(context.order, command.amendmentId);
  if (proposal instanceof Refusal) return proposal;
  const { id: amendmentId, reason, change } = proposal;
  return change === undefined ? [] : amend({ amendmentId, reason }, change, context);
};

export const decideDecline: Decider<CommandOf<'amendment.decline'>> = (command, { order }) => {
  const { amendmentId, reason = null } = command;
  const proposal = openProposal(order, amendmentId);
  return proposal instanceof Refusal
    ? proposal
    : [fact('amendment.declined', { amendmentId, reason })];
};

function openProposal(order: Order, amendmentId: string): Amendment | Refusal {
  const known = findAmendment(order, amendmentId);
  const figures = { amendmentId };
  if (known === undefined) {
    return new Refusal('unknownReference', `The order has no amendment "${amendmentId}".`, {
      figures,
    });
  }
  if (known.state === 'proposed') return known;
  return new Refusal('alreadyUsed', `Amendment "${amendmentId}" is already ${known.state}.`, {
    figures: { ...figures, state: known.state },
  });
}

type Named = Pick<EventData<'order.amended'>, 'amendmentId' | 'reason'>;
type Asked = Omit<CommandOf<'order.amend'>, 'type' | 'orderId'>;

/** What is asked for, priced exactly. */
export function priceChange(asked: Asked, order: Order): AmendmentChange | Refusal {
  const { amendmentId, add: lines = [], addCharges: charges = [], discount, discounts } = asked;
  if (findAmendment(order, amendmentId)) return idTaken('amendment', amendmentId);
  const priced = priceComponents({ lines, charges, discount, discounts });
  if (priced instanceof Refusal) return priced;
  const components = [...priced.lines, ...priced.charges];
  return {
    ...priced,
    amount: addAmounts(...components.flatMap(({ net, tax }) => [net, tax])),
    cancel: asked.cancel ?? [],
    credit: newCredit(asked.credit),
    total: asked.total ?? null,
  };
}

function newCredit(asked: Asked['credit']): AmendmentChange['credit'] {
  if (asked === undefined) return null;
  const { creditId, cause, causeId = null, of } = asked;
  if (of.kind !== 'units') return { creditId, cause, causeId, of };
  const { kind, lines, amount, currency } = of;
  const told = {
    ...(amount !== undefined && { amount }),
    ...(currency !== undefined && { currency }),
  };
  return { creditId, cause, causeId, of: { kind, lines, ...told } };
}

/** The facts of a change; all or nothing. */
export function amend(
  named: Named,
  change: AmendmentChange,
  context: DecideContext,
): readonly CoreFact[] | Refusal {
  const { order } = context;
  const { currency } = order;
  const { lines, charges, amount } = change;
  const refused = notAddable(change, order);
  if (refused !== undefined) return refused;
  const facts: CoreFact[] = [fact('order.amended', { ...named, currency, amount, lines, charges })];
  const cancelled = cancelling(change, order);
  if (cancelled instanceof Refusal) return cancelled;
  if (cancelled !== undefined) facts.push(cancelled);
  const credited = change.credit === null ? [] : credit(order, change.credit);
  if (credited instanceof Refusal) return credited;
  facts.push(...credited);
  if (lines.length + charges.length === 0 && facts.length === 1) return nothing(named);
  return wrongTotal(change, order, facts) ?? facts;
}

function notAddable({ lines, charges, amount }: AmendmentChange, order: Order) {
  const repeated =
    repeatedId('line', [...order.lines, ...lines]) ??
    repeatedId('charge', [...order.charges, ...charges]);
  if (repeated !== undefined) return repeated;
  const total = order.total + amount;
  if (total <= maximumAmount) return undefined;
  return new Refusal(
    'lawBroken',
    `With what is added the order costs more than ${maximumAmount} minor units: place another order.`,
    { law: 'M8', figures: { total, maximum: maximumAmount } },
  );
}

function cancelling({ cancel }: AmendmentChange, order: Order) {
  if (cancel.length === 0) return undefined;
  const refused =
    unknownLine(order, cancel) ?? notOpen(order, cancel) ?? creditedAlready(order, cancel);
  return refused ?? cancelUnits(order, cancel, 'amendment');
}

function nothing({ amendmentId }: Named): Refusal {
  return new Refusal(
    'nothingToDo',
    `Amendment "${amendmentId}" changes nothing: name what to add, to cancel or to credit.`,
    { figures: { amendmentId } },
  );
}

/** Refused where the order would cost something else than the caller believes. */
function wrongTotal(
  { total }: AmendmentChange,
  order: Order,
  facts: readonly CoreFact[],
): Refusal | undefined {
  const { agreedTotal } = figuresOf(order);
  const after = agreedTotal + facts.reduce((sum, each) => sum + addedBy(each), 0);
  if (after < 0) {
    return new Refusal(
      'lawBroken',
      'The amendment takes more off the order than it costs with it: credit less.',
      { law: 'M6', figures: { agreedTotal, after } },
    );
  }
  if (total === null || total === after) return undefined;
  const { currency } = order;
  return new Refusal(
    'totalMismatch',
    `After the amendment the order costs ${formatMinorUnits(after, currency)} ${currency}, not ` +
      `${formatMinorUnits(total, currency)}: send figures that add up, or leave out the total.`,
    { law: 'M5', figures: { after, total } },
  );
}

/** By how much a fact of an amendment changes what the order costs. */
function addedBy({ type, data }: CoreFact): MinorUnits {
  switch (type) {
    case 'order.amended':
      return data.amount;
    case 'order.credited':
      return -data.amount;
    case 'order.units_cancelled':
      return -addAmounts(...data.lines.map(({ amount }) => amount));
    default:
      return 0;
  }
}
