import type { CommandOf } from '../commands/commands.ts';
import { type CoreFact, type EventData, fact } from '../events/events.ts';
import { chargedFor, figuresOf, hasOperationInFlight, refundableOf } from '../figures.ts';
import { addAmounts, allocateAmount, inOneOperation } from '../money.ts';
import type { Charge, Line, LineUnits, Order, Payment } from '../order.ts';
import { priceOfNext } from '../prices.ts';
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
      return spreadOverComponents(order, openCredit(order), creditedOf);
  }
}

function unitsParts(order: Order, lines: readonly LineUnits[]): Allocation {
  const lineOf = linesById(order);
  return lines.map(({ lineId, units }) => {
    const line = lineOf.get(lineId);
    const amount = line === undefined ? 0 : priceOfNext(line, units);
    return { component: `line:${lineId}`, amount, units };
  });
}

function knownComponents(
  order: Order,
  asked: readonly { readonly component: string; readonly amount: MinorUnits }[],
): Allocation | Refusal {
  const names = new Set(componentsOf(order).map(({ name }) => name));
  const unknown = asked.find(({ component }) => !names.has(component));
  if (unknown === undefined) return asked.map((part) => ({ ...part, units: null }));
  return new Refusal(
    'unknownReference',
    `The order has no component "${unknown.component}": name them line:<id> or charge:<id>.`,
    { figures: { component: unknown.component } },
  );
}

/** Over what is still charged; goodwill may go beyond it, anything else breaks law M6. */
function spreadAmount(
  order: Order,
  amount: MinorUnits,
  cause: Refund['cause'],
): Allocation | Refusal {
  if (cause === 'goodwill') return [{ component: 'goodwill', amount, units: null }];
  const charged = addAmounts(
    ...componentsOf(order).map(({ component }) => stillCharged(component)),
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

type Component = Line | Charge;

function componentsOf(order: Order): readonly { name: string; component: Component }[] {
  return [
    ...order.lines.map((component) => ({ name: `line:${component.id}`, component })),
    ...order.charges.map((component) => ({ name: `charge:${component.id}`, component })),
  ];
}

export function creditedOf(component: Component): MinorUnits {
  return (
    component.creditedAmount + ('cancelledAmount' in component ? component.cancelledAmount : 0)
  );
}

function stillCharged(component: Component): MinorUnits {
  return Math.max(0, chargedFor(component) - creditedOf(component));
}

/** Splits an amount over the components, exactly; what no component explains is overpayment. */
export function spreadOverComponents(
  order: Order,
  amount: MinorUnits,
  weightOf: (component: Component) => MinorUnits,
): Allocation {
  const components = componentsOf(order).map(({ name, component }) => ({
    name,
    weight: weightOf(component),
  }));
  const explained = Math.min(amount, addAmounts(...components.map(({ weight }) => weight)));
  const shares = allocateAmount(
    explained,
    components.map(({ weight }) => weight),
  );
  const parts = components
    .map(({ name }, index) => ({ component: name, amount: shares[index] ?? 0, units: null }))
    .filter((part) => part.amount > 0);
  const rest = amount - explained;
  return rest === 0 ? parts : [...parts, { component: 'overpayment', amount: rest, units: null }];
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
function takeParts(queue: Part[], room: MinorUnits): Part[] {
  const taken: Part[] = [];
  let left = room;
  // A free unit takes no room, and must not be left behind when there is none.
  const fits = (part: Part) => left > 0 || part.amount === 0;
  for (let head = queue[0]; head !== undefined && fits(head); head = queue[0]) {
    const amount = Math.min(left, head.amount);
    taken.push({ ...head, amount });
    left -= amount;
    if (amount === head.amount) queue.shift();
    else queue[0] = { ...head, amount: head.amount - amount, units: null };
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
