import { isOrderchartError, OrderchartError } from '../../errors.ts';

/** Answers that mean a permanent refusal, such as wrong credentials. */
const refusals =
  /^(WRONGPASS|NOAUTH|NOPERM|WRONGTYPE|MOVED|ASK|CROSSSLOT|ERR (invalid password|AUTH |unknown command|unknown subcommand|syntax error))/;

export function refused(message: string, cause?: unknown): OrderchartError {
  return new OrderchartError('transportRefused', `Redis: ${message}`, { cause });
}

export function unavailable(message: string, cause?: unknown): OrderchartError {
  return new OrderchartError('transportUnavailable', `Redis: ${message}`, { cause });
}

export function closed(): OrderchartError {
  return new OrderchartError('transportClosed', 'Redis: the transport is not open.');
}

/** Wraps a failure of `what`. */
export function toTransportError(error: unknown, what: string): OrderchartError {
  if (isOrderchartError(error)) return error;
  const cause = withoutSecrets(error);
  const message = `${what}: ${cause.message}.`;
  return refusals.test(cause.message) ? refused(message, cause) : unavailable(message, cause);
}

/**
 * The client's errors contain the failed command, and with it the password (AUTH) or the body of a
 * message (XADD). The server repeats the arguments of unknown commands.
 */
function withoutSecrets(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  const [message = ''] = text.split(/,? with args/);
  const clean = new Error(message.trim().replace(/\.$/, '') || 'no reason given');
  if (error instanceof Error) clean.name = error.name;
  return clean;
}

/** Whether an error has a code of the server: `NOGROUP`, `BUSYGROUP`. */
export function startsWith(error: unknown, prefix: string): boolean {
  const cause = isOrderchartError(error) ? error.cause : error;
  return cause instanceof Error && cause.message.startsWith(prefix);
}
