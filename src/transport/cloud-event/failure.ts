import { OrderchartError } from '../../errors.ts';

/**
 * A message that cannot be understood. What it holds is never told, only where it is wrong.
 *
 * @param what Begins with the place: `The attribute 'time' is ...`.
 */
export function messageInvalid(what: string, cause?: unknown): OrderchartError {
  return new OrderchartError('messageInvalid', what, { cause });
}

export function messageTooLarge(bytes: number, maximumBodyBytes: number): OrderchartError {
  return new OrderchartError(
    'messageTooLarge',
    `The body of the message has ${bytes} bytes; ${maximumBodyBytes} are the limit.`,
    { details: { bytes, maximumBodyBytes } },
  );
}

/** Names come from the sender: an error must not carry a megabyte of them, or half a character. */
export function shortened(name: string): string {
  return name.slice(0, 64).toWellFormed();
}
