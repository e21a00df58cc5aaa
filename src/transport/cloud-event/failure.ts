import { OrderchartError } from '../../errors.ts';

/**
 * For a message that cannot be decoded. The error names the place of the fault, but no content.
 *
 * @param what Starts with the place: `The attribute 'time' is ...`.
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

/** Shortens names from the sender, which may be of any length, to well-formed text. */
export function shortened(name: string): string {
  return name.slice(0, 64).toWellFormed();
}
