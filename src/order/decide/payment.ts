import type { CommandOf } from '../commands/commands.ts';
import { fact } from '../events/events.ts';
import { capturableOf, remainingOf } from '../figures.ts';
import { Refusal } from '../refusal.ts';
import type { DecideContext, Decider } from './decider.ts';
import { beyond, findPayment, operationInFlight, otherCurrency } from './references.ts';

/** Step one of two: the provider is called by whoever handles the event, with the operation's id. */
export const decideAuthorize: Decider<CommandOf<'payment.authorize'>> = (command, context) => {
  const { order } = context;
  const { paymentId, amount } = command;
  const refused = otherCurrency(order, command.currency);
  if (refused !== undefined) return refused;
  const known = order.payments.find((payment) => payment.id === paymentId);
  const inFlight = known === undefined ? undefined : operationInFlight(known);
  if (inFlight !== undefined) return inFlight;
  const method = command.method ?? null;
  const operationId = context.newId();
  const sale = command.sale ?? false;
  return [
    fact('payment.authorization_requested', { paymentId, operationId, amount, method, sale }),
  ];
};

export const decideCapture: Decider<CommandOf<'payment.capture'>> = (command, context) => {
  const { order } = context;
  const { paymentId, amount } = command;
  const payment = findPayment(order, paymentId);
  if (payment instanceof Refusal) return payment;
  const refused = otherCurrency(order, command.currency) ?? operationInFlight(payment);
  if (refused !== undefined) return refused;
  const possible = capturableOf(payment);
  if (amount > possible) return beyond('M1', paymentId, amount, possible);
  const releaseRemainder = command.releaseRemainder ?? false;
  const operationId = context.newId();
  return [fact('payment.capture_requested', { paymentId, operationId, amount, releaseRemainder })];
};

export const decideVoid: Decider<CommandOf<'payment.void'>> = ({ paymentId }, context) => {
  const payment = findPayment(context.order, paymentId);
  if (payment instanceof Refusal) return payment;
  const refused = operationInFlight(payment);
  if (refused !== undefined) return refused;
  const amount = remainingOf(payment);
  if (amount <= 0) {
    return new Refusal('nothingToDo', `Nothing is authorized on payment "${paymentId}".`, {
      figures: { paymentId, remaining: amount },
    });
  }
  return [requestVoid(paymentId, amount, 'request', context)];
};

export function requestVoid(
  paymentId: string,
  amount: number,
  cause: string,
  context: Pick<DecideContext, 'newId'>,
) {
  return fact('payment.void_requested', { paymentId, operationId: context.newId(), amount, cause });
}
