import { OrderchartError } from '../../errors.ts';
import type { TaskRequest } from './task.ts';

// The errors that a command's way through the engine can end in.

export function aborted(signal: AbortSignal | undefined): OrderchartError {
  return new OrderchartError('aborted', 'The call was aborted by its signal; nothing was done.', {
    cause: signal?.reason,
  });
}

export function engineClosed(): OrderchartError {
  return new OrderchartError('engineClosed', 'The engine is closed, or closing; create a new one.');
}

export function overloaded(queueSize: number): OrderchartError {
  return new OrderchartError(
    'overloaded',
    `${queueSize} commands wait already; try again later, or raise the option queueSize.`,
    { details: { queueSize } },
  );
}

export function contention({ orderId }: TaskRequest, attempts: number): OrderchartError {
  return new OrderchartError(
    'contention',
    `Order ${orderId} was changed by others ${attempts} times while this command was decided; ` +
      'nothing was done.',
    { details: { orderId, attempts } },
  );
}

export function versionMismatch(
  { orderId }: TaskRequest,
  expected: number,
  actual: number,
): OrderchartError {
  return new OrderchartError(
    'versionMismatch',
    `Order ${orderId} is at version ${actual}, not ${expected}; read it again and decide anew.`,
    { details: { orderId, expected, actual } },
  );
}

/** Says nothing about the other command: whoever guesses keys must learn nothing. */
export function idempotencyMismatch(): OrderchartError {
  return new OrderchartError(
    'idempotencyMismatch',
    'This idempotency key was used for another command; a new command needs a new key.',
  );
}
