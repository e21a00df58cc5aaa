import type { CommandOf } from '../commands/commands.ts';
import { disputedOf } from '../disputes.ts';
import { type CoreFact, fact } from '../events/events.ts';
import { hasOperationInFlight, hasReceived, openCreditOf, refundableOf } from '../figures.ts';
import { addAmounts, inOneOperation } from '../money.ts';
import type { Order } from '../order.ts';
import type { Payment } from '../payment.ts';
import { creditedPrice, restOfPrice, shareOfPrice, untaxed } from '../prices.ts';
import { Refusal } from '../refusal.ts';
import type { MinorUnits } from '../values.ts';
import { type Allocation, allocate, creditsTooMuch, spreadOverComponents } from './allocation.ts';
import type { DecideContext, Decider } from './decider.ts';
import { newOperation } from './payment.ts';
import { beyondCaptured, findPayment, operationInFlight, otherCurrency } from './references.ts';

type Refund = CommandOf<'payment.refund'>;
type Part = Allocation[number];

/** Decides a refund: allocates it to components, and then to payments. */
export const decideRefund: Decider<Refund> = (command, context) => {
  const { order } = context;
  const allocation = allocationOf(command, order);
  if (allocation instanceof Refusal) return allocation;
  const payments = payable(command, order);
  if (payments instanceof Refusal) return payments;
  // `addAmounts` would throw: no law has been checked yet, so the sum may exceed a safe integer.
  const amount = allocation.reduce((sum, part) => sum + part.amount, 0);
  if (amount === 0) return new Refusal('nothingToDo', 'Nothing is left to refund.');
  const possible = addAmounts(...payments.map(refundableOf));
  if (amount > possible) {
    const disputed = addAmounts(...payments.map(disputedOf));
    return beyondCaptured(command.paymentId, amount, possible, disputed);
  }
  const credits = command.of.kind !== 'credit' && command.of.kind !== 'tender';
  const tooMuch = credits ? creditsTooMuch(order, amount) : undefined;
  if (tooMuch !== undefined) return tooMuch;
  const why = { cause: command.cause, causeId: command.causeId ?? null, credits };
  return refundsFor(allocation, payments, why, context);
};

function allocationOf({ of, cause }: Refund, order: Order): Allocation | Refusal {
  switch (of.kind) {
    case 'credit':
      return spreadOverComponents(order, inOneOperation(openCreditOf(order)), creditedPrice);
    case 'tender': {
      const tender = [{ component: 'tender', ...untaxed(of.amount), units: null }];
      return otherCurrency(order, of.currency) ?? tender;
    }
    default:
      return allocate(order, of, cause);
  }
}

/** The payments a refund may use, oldest first. Refuses while all have an operation in flight. */
function payable({ paymentId }: Refund, order: Order): readonly Payment[] | Refusal {
  if (paymentId !== undefined) {
    const payment = findPayment(order, paymentId);
    return payment instanceof Refusal ? payment : (operationInFlight(payment) ?? [payment]);
  }
  const payments = order.payments.filter(hasReceived);
  const [first] = payments;
  if (first === undefined || !payments.every(hasOperationInFlight)) return payments;
  return operationInFlight(first) ?? payments;
}

interface Why {
  readonly cause: string;
  readonly causeId: string | null;
  readonly credits: boolean;
}

/**
 * Makes the facts that request a refund, payment by payment. Refuses if a payment that it needs has
 * an operation in flight (M10): skipping it would refund its money to another tender.
 */
function refundsFor(
  allocation: Allocation,
  payments: readonly Payment[],
  why: Why,
  context: Pick<DecideContext, 'order' | 'newId'>,
): readonly CoreFact[] | Refusal {
  const spreads = spread(allocation, payments);
  const busy = spreads.find(({ payment }) => hasOperationInFlight(payment));
  const refused = busy === undefined ? undefined : operationInFlight(busy.payment);
  if (refused !== undefined) return refused;
  return spreads.map(({ payment, parts }) => requestRefund(payment, parts, why, context));
}

/** Spreads the parts over the payments; each payment's parts sum to what it refunds (law M5). */
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

/** Takes parts worth `room` off the queue. The units of a part stay with its first slice. */
export function takeParts(queue: Part[], room: MinorUnits): Part[] {
  const taken: Part[] = [];
  let left = room;
  // A free unit needs no room, so it must not be left behind when there is none.
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

/** Makes the fact that asks a provider for a refund. */
export function requestRefund(
  payment: Payment,
  allocation: Allocation,
  why: Why,
  context: Pick<DecideContext, 'order' | 'newId'>,
): CoreFact {
  const amount = addAmounts(...allocation.map((part) => part.amount));
  return fact('payment.refund_requested', {
    ...newOperation(payment.id, amount, context),
    ...why,
    allocation,
  });
}
