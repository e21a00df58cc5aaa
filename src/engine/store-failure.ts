import { isOrderchartError, OrderchartError } from '../errors.ts';

// An adapter should throw OrderchartError only. When it does not, the engine names the failure
// for the caller, with the original as its cause.

/** A failure to read: nothing was changed, so the caller may try again. */
export function asReadFailure(error: unknown): OrderchartError {
  if (isOrderchartError(error)) return error;
  return new OrderchartError('storeUnavailable', 'The store could not be read; see the cause.', {
    cause: error,
  });
}

/** A failure to write: what is not known to have failed may have succeeded. */
export function asWriteFailure(error: unknown): OrderchartError {
  if (isOrderchartError(error)) return error;
  return new OrderchartError(
    'outcomeUnknown',
    'The store failed while it was writing; the command may have been applied. Repeat it with ' +
      'its idempotency key to find out.',
    { cause: error },
  );
}
