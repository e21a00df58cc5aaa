import { type ErrorCode, isOrderchartError, OrderchartError } from '../../errors.ts';

/** The parts of amqplib's errors that this adapter reads. */
interface AmqpFailure {
  /** A reply code of AMQP 0-9-1, or the code of a failed system call. */
  readonly code?: unknown;
  readonly message?: unknown;
}

/** Permanent reply codes (https://www.rabbitmq.com/amqp-0-9-1-reference). */
const refusals: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [402, 'the path is not valid. Check the virtual host'],
  [403, 'access was refused. Check user, password and permissions'],
  [404, 'something does not exist. Create it, or set `declare`'],
  [405, 'a queue is exclusive to another connection. Choose another name'],
  [530, 'it is not allowed. Check the virtual host and its permissions'],
]);

/**
 * Wraps a failure at a broker.
 *
 * @param doing The failed action, to follow "while": `connecting`, `preparing the queue 'orders'`.
 */
export function toTransportError(error: unknown, place: string, doing: string): OrderchartError {
  if (isOrderchartError(error)) return error;
  const { code, message } = (error ?? {}) as AmqpFailure;
  const reply = replyCode(error);
  const refusal =
    reply === 406 ? `it exists with other arguments (${mismatch(message)})` : undefined;
  const text = refusal ?? refusals.get(reply);
  const kind: ErrorCode = text === undefined ? 'transportUnavailable' : 'transportRefused';
  const what = text ?? `${typeof message === 'string' ? message : 'no answer'}. Check that it runs`;
  return new OrderchartError(kind, `RabbitMQ at ${place} failed while ${doing}: ${what}.`, {
    details: { place, code: reply ?? code },
    cause: error,
  });
}

/** Returns the reply code, which errors of the handshake contain only in their text. */
function replyCode(error: unknown): number | undefined {
  const { code, message } = (error ?? {}) as AmqpFailure;
  if (typeof code === 'number') return code;
  if (typeof message !== 'string') return undefined;
  // If the virtual host does not exist, the broker closes the connection during the handshake.
  if (/Expected ConnectionOpenOk; got <ConnectionClose/.test(message)) return 530;
  if (/SASL mechanism .* is not provided/.test(message)) return 403;
  const found = /terminated by server: (\d{3}) /.exec(message);
  return found === null ? undefined : Number(found[1]);
}

/** `inequivalent arg 'x-queue-type' ... received 'quorum' but current is 'classic'`. */
function mismatch(message: unknown): string {
  const found = /inequivalent arg [^"]*/.exec(typeof message === 'string' ? message : '');
  const what = found?.[0].trim() ?? 'its arguments differ';
  return `${what}; change the options, delete it, or set \`declare: false\``;
}

export function transportClosed(place: string): OrderchartError {
  return new OrderchartError(
    'transportClosed',
    `The RabbitMQ transport for ${place} is not open. Open it first; a closed one cannot be used again.`,
    { details: { place } },
  );
}

/** For a `connect` that returned something the transport cannot use. */
export function notConnection(): OrderchartError {
  return new OrderchartError(
    'transportRefused',
    'RabbitMQ: `connect` must resolve to a connection of amqplib that does not reconnect by ' +
      'itself. Leave `recovery` out of its options.',
    { details: { option: 'connect' } },
  );
}

/** For failures that may pass. */
export function unavailable(place: string, what: string, cause?: unknown): OrderchartError {
  return new OrderchartError('transportUnavailable', `RabbitMQ at ${place}: ${what}.`, {
    details: { place },
    cause,
  });
}

/** For a message that the broker returned because no queue took it. */
export function unroutable(place: string, exchange: string, routingKey: string): OrderchartError {
  const where = exchange === '' ? 'the default exchange' : `the exchange '${exchange}'`;
  return new OrderchartError(
    'transportRefused',
    `RabbitMQ at ${place} returned a message: no queue is bound to ${where} for ` +
      `'${routingKey}'. Bind a queue. The message will be retried.`,
    { details: { place, exchange, routingKey } },
  );
}
