import { isOrderchartError } from '../../errors.ts';

/**
 * Why a request was not taken, and the HTTP status that its sender is answered with. By that status
 * a sender knows whether to send it again.
 */
export const webhookRefusals = {
  /** Not a POST. */
  methodNotAllowed: 405,
  /** Nobody consumes now: starting, stopping or closed. */
  notConsuming: 503,
  /** As much is in hand, or being read, as may be. */
  overloaded: 503,
  /** Its body was still being read when the place was needed for another sender. */
  crowdedOut: 503,
  /** The body is compressed. */
  encodingUnsupported: 415,
  messageTooLarge: 413,
  /** The body did not come to its end in time. */
  bodyTooSlow: 408,
  /** The connection broke before the end of the body. */
  bodyIncomplete: 400,
  /** Something before us has read the body already: a fault of the host's set-up. */
  bodyNotRaw: 500,
  signatureInvalid: 401,
  signatureExpired: 401,
  messageInvalid: 400,
  /** The same message is in hand; what comes of it is not known yet. */
  inHand: 409,
  /** The host's memory of messages could not be asked. */
  memoryUnavailable: 503,
  /** Something of ours, or of the host's, failed; `onError` of the consumer was told. */
  internalError: 500,
} as const;

/** One of {@link webhookRefusals}. */
export type WebhookRefusalReason = keyof typeof webhookRefusals;

/** What `onRefused` is told of a request. Never its body, its signature or a secret. */
export interface WebhookRefusal {
  readonly reason: WebhookRefusalReason;
  /** The HTTP status of the answer. */
  readonly status: number;
  /** What was wrong, for people. */
  readonly message: string;
  /** The message's id, once its signature was found right. */
  readonly id: string | undefined;
}

/** Thrown on the way of a request that is not taken. */
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

/** An error of the verifier as a refusal; `undefined` for what is none. */
export function refusedBy(error: unknown): Refused | undefined {
  if (error instanceof Refused) return error;
  if (!isOrderchartError(error)) return undefined;
  const { code, message } = error;
  return code in webhookRefusals ? new Refused(code as WebhookRefusalReason, message) : undefined;
}
