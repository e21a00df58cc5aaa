import { isOrderchartError } from '../../errors.ts';

/** Registered, so that both module formats and two copies of the package agree. */
const brand = Symbol.for('orderchart.permanentHandlerError');

/**
 * A handler throws this when another attempt cannot succeed: the event, and the later ones of the
 * same order, are parked for this subscription until you retry or skip it. After any other error
 * the event is tried again until it succeeds.
 *
 * @example
 * handler: async (event) => {
 *   const response = await send(event);
 *   if (response.status === 422) throw new PermanentHandlerError('The address is unknown.');
 * }
 */
export class PermanentHandlerError extends Error {
  /** `PermanentHandlerError`, for logs. */
  override readonly name = 'PermanentHandlerError';

  /**
   * @param reason Stored with the parked event, up to 500 characters, so without secrets.
   * @param options `cause`: the error behind it, which is logged and not stored.
   */
  constructor(reason: string, options?: { readonly cause?: unknown }) {
    super(reason, options);
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Whether a handler threw a {@link PermanentHandlerError}. */
export function isPermanentHandlerError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && brand in error;
}

/** Whether another attempt fails too. A malformed command that was returned stays malformed. */
export function isPermanent(error: unknown): boolean {
  return isPermanentHandlerError(error) || isOrderchartError(error, 'invalidCommand');
}

/** Returns the reason as it is stored: short, and text that every store can hold. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.slice(0, 500).toWellFormed().replaceAll('\0', '');
}
