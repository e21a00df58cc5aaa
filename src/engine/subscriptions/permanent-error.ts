/** Registered, so that both module formats and two copies of the package agree. */
const brand = Symbol.for('orderchart.permanentHandlerError');

/**
 * A handler throws this when trying again is of no use: the event, and the later ones of the
 * same order, are parked for this subscription until somebody retries or skips it. Any other
 * error is taken to pass, and the event is tried again until it does.
 *
 * @example
 * handler: async (event) => {
 *   const response = await send(event);
 *   if (response.status === 422) throw new PermanentHandlerError('The address is unknown.');
 * }
 */
export class PermanentHandlerError extends Error {
  override readonly name = 'PermanentHandlerError';

  constructor(reason: string, options?: { readonly cause?: unknown }) {
    super(reason, options);
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Whether a handler's error is for good. */
export function isPermanentHandlerError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && brand in error;
}
