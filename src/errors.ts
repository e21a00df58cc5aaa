/**
 * Every error that orderchart throws has one of these codes; each has a heading in
 * docs/reference/errors.md. The list only grows within a major version.
 */
export const errorCodes = [
  'invalidArgument',
  'invalidCommand',
  'invalidExtension',
  'orderNotFound',
  'idempotencyMismatch',
  'versionMismatch',
  'contention',
  'outcomeUnknown',
  'overloaded',
  'aborted',
  'engineClosed',
  'chartRefused',
  'chartDefect',
  'extensionRefused',
  'chartIncompatible',
  'domainDefect',
  'subscriptionUnknown',
  'subscriptionChanged',
  'numberUnavailable',
  'storeClosed',
  'storeUnavailable',
  'storeCorrupt',
  'storeSchemaTooNew',
  'storeDefect',
  'historyChanged',
  'transportUnavailable',
  'transportRefused',
  'transportClosed',
  'transportDefect',
  'messageInvalid',
  'messageTooLarge',
  'signatureInvalid',
  'signatureExpired',
] as const;

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number];

/** Codes for which the same call may succeed later without a change by the caller. */
const retryableCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'contention',
  'outcomeUnknown',
  'overloaded',
  'numberUnavailable',
  'storeUnavailable',
  'historyChanged',
  'transportUnavailable',
]);

/** The brand is a registered symbol, so both module formats and two copies of the package agree. */
const brand = Symbol.for('orderchart.error');

/** What an {@link OrderchartError} carries besides its message. */
export interface ErrorOptions {
  /** Figures and places a program can act on. Never secrets, never personal data. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** The error underneath, when there is one. */
  readonly cause?: unknown;
}

/**
 * The one error class of orderchart: misuse and failures of infrastructure. A refusal by the
 * business rules is not an error but a result, `{ status: 'rejected' }`.
 *
 * @example
 * try {
 *   await engine.execute(command);
 * } catch (error) {
 *   if (isOrderchartError(error, 'overloaded')) return respond(503);
 *   throw error;
 * }
 */
export class OrderchartError extends Error {
  override readonly name = 'OrderchartError';
  /** Stable, for programs. */
  readonly code: ErrorCode;
  /** Whether the same call may succeed later, unchanged. */
  readonly retryable: boolean;
  /** What was wrong and where, for programs. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = retryableCodes.has(code);
    this.details = options.details ?? {};
    Object.defineProperty(this, brand, { value: true });
  }
}

/**
 * Tells whether `error` is an {@link OrderchartError}, also when it was made by another copy of
 * the package, and, with `code`, whether it has that code.
 */
export function isOrderchartError(error: unknown, code?: ErrorCode): error is OrderchartError {
  if (typeof error !== 'object' || error === null || !(brand in error)) return false;
  return code === undefined || (error as unknown as OrderchartError).code === code;
}
