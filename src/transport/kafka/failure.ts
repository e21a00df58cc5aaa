import { isOrderchartError, OrderchartError } from '../../errors.ts';

/**
 * The parts of the clients' errors that this adapter reads. Each has the broker's code elsewhere.
 */
interface ClientFailure {
  readonly name?: unknown;
  readonly code?: unknown;
  /** Confluent's code. */
  readonly type?: unknown;
  /** Platformatic's code. */
  readonly apiId?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** Wraps a failure at a broker. */
export function toTransportError(error: unknown, client: string, doing: string): OrderchartError {
  if (isOrderchartError(error)) return error;
  const { message } = (error ?? {}) as ClientFailure;
  const isRefused = isNamed(error, /AUTHENTICATION|AUTHORIZATION_FAILED|SASL/i);
  const what = isRefused ? 'Check credentials and permissions' : 'Check that the brokers run';
  return new OrderchartError(
    isRefused ? 'transportRefused' : 'transportUnavailable',
    `Kafka (${client}) failed while ${doing}: ${textOf(message)}. ${what}.`,
    { details: { client }, cause: error },
  );
}

/** Whether a broker rejected a record or a batch as too large. */
export function isTooLarge(error: unknown): boolean {
  return isNamed(error, /MESSAGE_TOO_LARGE|MSG_SIZE_TOO_LARGE|RECORD_LIST_TOO_LARGE/);
}

/** Searches an error and its causes for a code. */
function isNamed(error: unknown, pattern: RegExp, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 5) return false;
  const { name, code, type, apiId, cause, errors } = error as ClientFailure;
  if ([name, code, type, apiId].some((text) => typeof text === 'string' && pattern.test(text))) {
    return true;
  }
  const inner = [cause, ...(Array.isArray(errors) ? errors : [])];
  return inner.some((one) => isNamed(one, pattern, depth + 1));
}

function textOf(message: unknown): string {
  return typeof message === 'string' && message !== '' ? message.replace(/\.$/, '') : 'no answer';
}

export function transportClosed(topic: string): OrderchartError {
  return new OrderchartError(
    'transportClosed',
    `The Kafka transport for the topic '${topic}' is not open. Open it first; a closed one cannot be used again.`,
    { details: { topic } },
  );
}

/** For temporary failures. */
export function unavailable(client: string, what: string, cause?: unknown): OrderchartError {
  return new OrderchartError('transportUnavailable', `Kafka (${client}): ${what}.`, {
    details: { client },
    cause,
  });
}

export function topicMissing(topic: string): OrderchartError {
  return new OrderchartError(
    'transportRefused',
    `There is no topic '${topic}'. Create it, with as many partitions as it will ever need: order ` +
      'per key does not survive a change of their number.',
    { details: { topic } },
  );
}
