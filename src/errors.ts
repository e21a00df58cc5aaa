/**
 * The codes of the errors that orderchart throws; each has a heading in docs/reference/errors.md.
 * Within a major version codes are only added.
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

/** The codes with which the same call may succeed later, unchanged. */
const retryableCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'contention',
  'outcomeUnknown',
  'overloaded',
  'numberUnavailable',
  'storeUnavailable',
  'historyChanged',
  'transportUnavailable',
]);

/** A registered symbol, so that two copies of the package recognize each other's errors. */
const brand = Symbol.for('orderchart.error');

/** The optional parts of an {@link OrderchartError}: for authors of stores and transports. */
export interface ErrorOptions {
  /** What was wrong and where, for programs: never secrets, never personal data. Default: `{}`. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** The underlying error. Default: none. */
  readonly cause?: unknown;
}

/**
 * The only error class of orderchart, for misuse and failures of infrastructure. A refusal by the
 * rules is not an error but a result, `{ status: 'rejected' }`.
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
  /** `OrderchartError`, for logs; programs read `code`. */
  override readonly name = 'OrderchartError';
  /** What kind of error it is, for programs; the message is for people, and may change. */
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
 * Tells whether `error` is an {@link OrderchartError} and, with `code`, whether it has that code.
 * Also recognizes errors of another copy of the package, which `instanceof` does not.
 *
 * @example
 * if (isOrderchartError(error, 'contention')) return tryAgain();
 */
export function isOrderchartError(error: unknown, code?: ErrorCode): error is OrderchartError {
  if (typeof error !== 'object' || error === null || !(brand in error)) return false;
  return code === undefined || (error as unknown as OrderchartError).code === code;
}
