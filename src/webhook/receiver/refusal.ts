import { isOrderchartError } from '../../errors.ts';

/**
 * Why a request was refused, with the HTTP status of the answer, from which the sender knows
 * whether to retry.
 */
export const webhookRefusals = {
  /** Not a POST. */
  methodNotAllowed: 405,
  /** There is no consumer: starting, stopping or closed. */
  notConsuming: 503,
  /** Too much is in flight, or being read. */
  overloaded: 503,
  /** Its body was still being read when the room was needed for another sender. */
  crowdedOut: 503,
  /** The body is compressed. */
  encodingUnsupported: 415,
  messageTooLarge: 413,
  /** The body did not arrive in time. */
  bodyTooSlow: 408,
  /** The connection broke before the end of the body. */
  bodyIncomplete: 400,
  /** The body was read before the receiver got the request: an error in the host's setup. */
  bodyNotRaw: 500,
  signatureInvalid: 401,
  signatureExpired: 401,
  messageInvalid: 400,
  /** The same message is in flight, and its outcome is not known yet. */
  inFlight: 409,
  /** The memory of the host failed or timed out. */
  memoryUnavailable: 503,
  /** An internal error, also passed to the consumer's `onError`. */
  internalError: 500,
} as const;

/** One of {@link webhookRefusals}. */
export type WebhookRefusalReason = keyof typeof webhookRefusals;

/** The argument of `onRefused`. Contains no body, signature or secret. */
export interface WebhookRefusal {
  /** Why the request was refused. */
  readonly reason: WebhookRefusalReason;
  /** The HTTP status of the answer. */
  readonly status: number;
  /** A description for people. */
  readonly message: string;
  /** The message's id, if its signature was verified. */
  readonly id: string | undefined;
}

/** Thrown to refuse a request. */
export class Refused extends Error {
  readonly reason: WebhookRefusalReason;
  readonly id: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    reason: WebhookRefusalReason,
    message: string,
    options: { readonly id?: string | undefined; readonly retryAfterSeconds?: number } = {},
  ) {
    super(message);
    this.reason = reason;
    this.id = options.id;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Converts an error of the verifier to a refusal. Returns `undefined` for other errors. */
export function refusedBy(error: unknown): Refused | undefined {
  if (error instanceof Refused) return error;
  if (!isOrderchartError(error)) return undefined;
  const { code, message } = error;
  return code in webhookRefusals ? new Refused(code as WebhookRefusalReason, message) : undefined;
}
