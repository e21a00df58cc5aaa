import { isOrderchartError, OrderchartError } from '../../errors.ts';
import type { Rejection } from '../../rules/types.ts';

// The errors that a command can end in.

interface OfOrder {
  readonly orderId: string;
}

export function aborted(signal: AbortSignal | undefined): OrderchartError {
  return new OrderchartError('aborted', 'The call was aborted by its signal; nothing was done.', {
    cause: signal?.reason,
  });
}

export function engineClosed(): OrderchartError {
  return new OrderchartError('engineClosed', 'The engine is closed, or closing; create a new one.');
}

export function closedWhileWriting(): OrderchartError {
  return new OrderchartError(
    'outcomeUnknown',
    'The engine was closed before the store answered; the command may have been applied. ' +
      'Repeat it with its idempotency key to find out.',
  );
}

export function overloaded(queueSize: number): OrderchartError {
  return new OrderchartError(
    'overloaded',
    `${queueSize} commands are already pending; try again later, or raise the option queueSize.`,
    { details: { queueSize } },
  );
}

export function overloadedInBytes(queueBytes: number): OrderchartError {
  return new OrderchartError(
    'overloaded',
    `The pending commands and this one together exceed ${queueBytes} bytes; try again later, or ` +
      'raise the option queueBytes.',
    { details: { queueBytes } },
  );
}

export function contention({ orderId }: OfOrder, attempts: number): OrderchartError {
  return new OrderchartError(
    'contention',
    `Other processes changed order ${orderId} ${attempts} times while this command was decided; ` +
      'nothing was done. Try again later.',
    { details: { orderId, attempts } },
  );
}

export function lockedOut({ orderId }: OfOrder): OrderchartError {
  return new OrderchartError(
    'contention',
    `A transaction that does not end has locked order ${orderId}, its number or the idempotency ` +
      'key; nothing was done. Try again later.',
    { details: { orderId } },
  );
}

export function versionMismatch(
  { orderId }: OfOrder,
  expected: number,
  actual: number,
): OrderchartError {
  return new OrderchartError(
    'versionMismatch',
    `Order ${orderId} is at version ${actual}, not ${expected}; read it again and decide again.`,
    { details: { orderId, expected, actual } },
  );
}

/** Says nothing about the other command, so that guessing keys reveals nothing. */
export function idempotencyMismatch(): OrderchartError {
  return new OrderchartError(
    'idempotencyMismatch',
    'This idempotency key was used for another command; a new command needs a new key.',
  );
}

export const numberTaken: Rejection = {
  code: 'numberTaken',
  message: 'Another order of this tenant has this number.',
};

/** The rules throw `OrderchartError` on purpose; anything else that they throw is a defect. */
export function asDefect(error: unknown, { orderId }: OfOrder): OrderchartError {
  if (isOrderchartError(error)) return error;
  return new OrderchartError(
    'domainDefect',
    `Defect: the rules failed on order ${orderId}; nothing was written. See the cause.`,
    { details: { orderId }, cause: error },
  );
}
