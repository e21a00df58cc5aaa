import type { CommandOf } from '../commands/commands.ts';
import { type CoreFact, type EventData, fact } from '../events/events.ts';
import { figuresOf, hasOperationInFlight, refundableOf } from '../figures.ts';
import { addAmounts, allocateAmount, inOneOperation } from '../money.ts';
import type { LineUnits, Order, Payment } from '../order.ts';
import {
  type Component,
  creditedPrice,
  type Price,
  priceOfNext,
  restOfPrice,
  shareOfPrice,
  stillCharged,
  untaxed,
} from '../prices.ts';
import { Refusal } from '../refusal.ts';
import type { MinorUnits } from '../values.ts';
import type { DecideContext, Decider } from './decider.ts';
import { newOperation } from './payment.ts';
import {
  beyondCaptured,
  findPayment,
  linesById,
  operationInFlight,
  otherCurrency,
  unknownLine,
} from './references.ts';

type Refund = CommandOf<'payment.refund'>;
type Allocation = EventData<'payment.refund_requested'>['allocation'];
type Part = Allocation[number];

/** A refund: what it is for by component, then which payments it goes back to. */
export const decideRefund: Decider<Refund> = (command, context) => {
  const { order } = context;
  const allocation = allocate(command, order);
  if (allocation instanceof Refusal) return allocation;
  const payments = payable(command, order);
  if (payments instanceof Refusal) return payments;
  // Not yet checked against any law, the parts may add up to more than can be summed exactly.
  const amount = allocation.reduce((sum, part) => sum + part.amount, 0);
  if (amount === 0) return new Refusal('nothingToDo', 'Nothing of this is left to refund.');
  const possible = addAmounts(...payments.map(refundableOf));
  if (amount > possible) return beyondCaptured(command.paymentId, amount, possible);
  const credits = command.of.kind !== 'credit';
  return spread(allocation, payments).map(({ payment, parts }) =>
    requestRefund(
      payment,
      parts,
      { cause: command.cause, causeId: command.causeId ?? null, credits },
      context,
    ),
  );
};

/** The payments a refund may use, original tender first; one in flight is not touched (M10). */
function payable({ paymentId }: Refund, order: Order): readonly Payment[] | Refusal {
  if (paymentId !== undefined) {
    const payment = findPayment(order, paymentId);
    if (payment instanceof Refusal) return payment;
    return operationInFlight(payment) ?? [payment];
  }
  const captured = order.payments.filter((payment) => payment.captured > 0);
  const free = captured.filter((payment) => !hasOperationInFlight(payment));
  const [first] = captured;
  if (free.length === 0 && first !== undefined) return operationInFlight(first) ?? [];
  return free;
}

function allocate({ of, cause }: Refund, order: Order): Allocation | Refusal {
  switch (of.kind) {
    case 'units':
      return unknownLine(order, of.lines) ?? unitsParts(order, of.lines);
    case 'components':
      return otherCurrency(order, of.currency) ?? knownComponents(order, of.components);
    case 'amount':
      return otherCurrency(order, of.currency) ?? spreadAmount(order, of.amount, cause);
    case 'credit':
      return spreadOverComponents(order, openCredit(order), creditedPrice);
  }
}

function unitsParts(order: Order, lines: readonly LineUnits[]): Allocation {
  const lineOf = linesById(order);
  return lines.map(({ lineId, units }) => {
    const line = lineOf.get(lineId);
    const price = line === undefined ? untaxed(0) : priceOfNext(line, units);
    return { component: `line:${lineId}`, ...price, units };
  });
}

function knownComponents(
  order: Order,
  asked: readonly { readonly component: string; readonly amount: MinorUnits }[],
): Allocation | Refusal {
  const known = new Map(componentsOf(order).map(({ name, component }) => [name, component]));
  const parts: Part[] = [];
  for (const { component: name, amount } of asked) {
    const component = known.get(name);
    if (component === undefined) return unknownComponent(name);
    const price = shareOfPrice(stillCharged(component), amount);
    parts.push({ component: name, ...price, units: null });
  }
  return parts;
}

function unknownComponent(component: string): Refusal {
  return new Refusal(
    'unknownReference',
    `The order has no component "${component}": name them line:<id> or charge:<id>.`,
    { figures: { component } },
  );
}

/** Over what is still charged; goodwill may go beyond it, anything else breaks law M6. */
function spreadAmount(
  order: Order,
  amount: MinorUnits,
  cause: Refund['cause'],
): Allocation | Refusal {
  if (cause === 'goodwill') return [{ component: 'goodwill', ...untaxed(amount), units: null }];
  const charged = addAmounts(
    ...componentsOf(order).map(({ component }) => stillCharged(component).amount),
  );
  if (amount <= charged) return spreadOverComponents(order, amount, stillCharged);
  return new Refusal(
    'lawBroken',
    `Only ${charged} minor units are still charged, ${amount} were asked back: use the cause ` +
      'goodwill to give more.',
    { law: 'M6', figures: { charged, asked: amount } },
  );
}

/** What the order owes back at present and has not asked a provider to pay. */
function openCredit(order: Order): MinorUnits {
  const { balance, refundPending } = figuresOf(order);
  return inOneOperation(Math.max(0, -balance - refundPending));
}

function componentsOf(order: Order): readonly { name: string; component: Component }[] {
  return [
    ...order.lines.map((component) => ({ name: `line:${component.id}`, component })),
    ...order.charges.map((component) => ({ name: `charge:${component.id}`, component })),
  ];
}

/** Splits an amount over the components, exactly; what no component explains is overpayment. */
export function spreadOverComponents(
  order: Order,
  amount: MinorUnits,
  priceOf: (component: Component) => Price,
): Allocation {
  const components = componentsOf(order).map(({ name, component }) => ({
    name,
    price: priceOf(component),
  }));
  const weights = components.map(({ price }) => price.amount);
  const explained = Math.min(amount, addAmounts(...weights));
  const shares = allocateAmount(explained, weights);
  const parts: Part[] = components
    .map(({ name, price }, index) => ({
      component: name,
      ...shareOfPrice(price, shares[index] ?? 0),
      units: null,
    }))
    .filter((part) => part.amount > 0);
  const rest = amount - explained;
  if (rest > 0) parts.push({ component: 'overpayment', ...untaxed(rest), units: null });
  return parts;
}

/** Fills the payments one after the other; the parts of each sum to what it pays (law M5). */
function spread(allocation: Allocation, payments: readonly Payment[]) {
  const queue = allocation.map((part) => ({ ...part }));
  const result: { payment: Payment; parts: Part[] }[] = [];
  for (const payment of payments) {
    const room = refundableOf(payment);
    const parts = room === 0 ? [] : takeParts(queue, room);
    if (parts.length > 0) result.push({ payment, parts });
  }
  return result;
}

/** Takes parts worth `room` off the queue; units travel with the first slice of their part. */
export function takeParts(queue: Part[], room: MinorUnits): Part[] {
  const taken: Part[] = [];
  let left = room;
  // A free unit takes no room, and must not be left behind when there is none.
  const fits = (part: Part) => left > 0 || part.amount === 0;
  for (let head = queue[0]; head !== undefined && fits(head); head = queue[0]) {
    const share = shareOfPrice(head, Math.min(left, head.amount));
    taken.push({ ...head, ...share });
    left -= share.amount;
    if (share.amount === head.amount) queue.shift();
    else queue[0] = { ...head, ...restOfPrice(head, share), units: null };
  }
  return taken;
}

/** The fact that asks a provider to refund. */
export function requestRefund(
  payment: Payment,
  allocation: Allocation,
  why: { readonly cause: string; readonly causeId: string | null; readonly credits: boolean },
  context: Pick<DecideContext, 'order' | 'newId'>,
): CoreFact {
  const amount = addAmounts(...allocation.map((part) => part.amount));
  return fact('payment.refund_requested', {
    ...newOperation(payment.id, amount, context),
    ...why,
    allocation,
  });
}
