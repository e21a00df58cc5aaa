import type { CommandOf } from '../commands/commands.ts';
import { fact } from '../events/events.ts';
import { authorizePendingOf, figuresOf, remainingOf } from '../figures.ts';
import { inOneOperation } from '../money.ts';
import type { Order } from '../order.ts';
import { Refusal } from '../refusal.ts';
import type { MinorUnits } from '../values.ts';
import type { DecideContext, Decider } from './decider.ts';
import {
  beyondAuthorized,
  beyondDue,
  findPayment,
  operationInFlight,
  otherCurrency,
} from './references.ts';

/** Only records the request. A handler of the event calls the provider with the operation's id. */
export const decideAuthorize: Decider<CommandOf<'payment.authorize'>> = (command, context) => {
  const { order } = context;
  const { paymentId, amount } = command;
  const refused = otherCurrency(order, command.currency);
  if (refused !== undefined) return refused;
  const known = order.payments.find((payment) => payment.id === paymentId);
  const inFlight = known === undefined ? undefined : operationInFlight(known);
  if (inFlight !== undefined) return inFlight;
  const beyond = command.over === true ? undefined : authorizedBeyondDue(order, amount);
  if (beyond !== undefined) return beyond;
  const method = command.method ?? null;
  const sale = command.sale ?? false;
  const operation = newOperation(paymentId, amount, context);
  return [fact('payment.authorization_requested', { ...operation, method, sale })];
};

export const decideCapture: Decider<CommandOf<'payment.capture'>> = (command, context) => {
  const { order } = context;
  const { paymentId, amount } = command;
  const payment = findPayment(order, paymentId);
  if (payment instanceof Refusal) return payment;
  const refused = otherCurrency(order, command.currency) ?? operationInFlight(payment);
  if (refused !== undefined) return refused;
  const possible = Math.max(0, remainingOf(payment));
  if (amount > possible) return beyondAuthorized(paymentId, amount, possible);
  const beyond = command.over === true ? undefined : capturedBeyondDue(order, amount);
  if (beyond !== undefined) return beyond;
  const releaseRemainder = command.releaseRemainder ?? false;
  const operation = newOperation(paymentId, amount, context);
  return [fact('payment.capture_requested', { ...operation, releaseRemainder })];
};

function authorizedBeyondDue(order: Order, amount: MinorUnits): Refusal | undefined {
  const { secured, currentTotal } = figuresOf(order);
  let pending = 0;
  for (const payment of order.payments) pending += authorizePendingOf(payment);
  return beyondDue(amount, secured + pending, currentTotal);
}

function capturedBeyondDue(order: Order, amount: MinorUnits): Refusal | undefined {
  const { net, refundPending, capturePending, currentTotal } = figuresOf(order);
  return beyondDue(amount, net - refundPending + capturePending, currentTotal);
}

export const decideVoid: Decider<CommandOf<'payment.void'>> = ({ paymentId }, context) => {
  const payment = findPayment(context.order, paymentId);
  if (payment instanceof Refusal) return payment;
  const refused = operationInFlight(payment);
  if (refused !== undefined) return refused;
  const amount = remainingOf(payment);
  if (amount <= 0) {
    return new Refusal('nothingToDo', `Payment "${paymentId}" has nothing left to void.`, {
      figures: { paymentId, remaining: amount },
    });
  }
  return [requestVoid(paymentId, inOneOperation(amount), 'request', context)];
};

/** The fields of every operation that a handler needs to call the provider. */
export function newOperation(
  paymentId: string,
  amount: number,
  { order, newId }: Pick<DecideContext, 'order' | 'newId'>,
) {
  return { paymentId, operationId: newId(), amount, currency: order.currency };
}

export function requestVoid(
  paymentId: string,
  amount: number,
  cause: string,
  context: Pick<DecideContext, 'order' | 'newId'>,
) {
  return fact('payment.void_requested', { ...newOperation(paymentId, amount, context), cause });
}
