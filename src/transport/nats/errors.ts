import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import {
  AuthorizationError,
  InvalidArgumentError,
  PermissionViolationError,
  UserAuthenticationExpiredError,
} from '@nats-io/transport-node';
import { isOrderchartError, OrderchartError } from '../../errors.ts';

/** Codes of the server's JetStream API that the client does not name. */
const serverCodes = {
  subjectsOverlap: 10065,
  messageTooLarge: 10054,
  jetStreamOff: 10076,
} as const;

const refusals: ReadonlySet<number> = new Set<number>([
  JetStreamApiCodes.StreamNotFound,
  JetStreamApiCodes.JetStreamNotEnabledForAccount,
  serverCodes.subjectsOverlap,
  serverCodes.jetStreamOff,
]);

export function refused(message: string, cause?: unknown): OrderchartError {
  return new OrderchartError('transportRefused', `NATS: ${message}`, { cause });
}

export function unavailable(message: string, cause?: unknown): OrderchartError {
  return new OrderchartError('transportUnavailable', `NATS: ${message}`, { cause });
}

export function closed(): OrderchartError {
  return new OrderchartError('transportClosed', 'NATS: the transport is not open.');
}

/** Wraps a failure of `what`. The client's errors contain no secret. */
export function toTransportError(error: unknown, what: string): OrderchartError {
  if (isOrderchartError(error)) return error;
  const message = `${what}: ${messageOf(error)}.`;
  return isRefusal(error) ? refused(message, error) : unavailable(message, error);
}

function isRefusal(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return refusals.has(error.code);
  return [error, error instanceof Error ? error.cause : undefined].some(
    (each) =>
      each instanceof AuthorizationError ||
      each instanceof UserAuthenticationExpiredError ||
      each instanceof PermissionViolationError,
  );
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\.$/, '') || 'no reason given';
}

/** Returns why a message can never be published, or undefined if it may succeed later. */
export function whyNever(error: unknown): string | undefined {
  if (error instanceof JetStreamApiError && error.code === serverCodes.messageTooLarge) {
    return `the stream accepts no message of this size (max_msg_size): ${error.message}`;
  }
  // Thrown by the client if headers and body exceed max_payload, or a header cannot be encoded.
  return error instanceof InvalidArgumentError ? error.message : undefined;
}

/** Whether another publisher has written to the subject in the meantime. */
export function isWrongLastSequence(error: unknown): boolean {
  return (
    error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamWrongLastSequence
  );
}

/** Whether JetStream is disabled. The client does not export the class of this error. */
export function isJetStreamOff(error: unknown): boolean {
  return error instanceof Error && error.name === 'JetStreamNotEnabled';
}

export function isNotFound(error: unknown): boolean {
  return (
    error instanceof JetStreamApiError &&
    (error.code === JetStreamApiCodes.StreamNotFound ||
      error.code === JetStreamApiCodes.ConsumerNotFound)
  );
}
