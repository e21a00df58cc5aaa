import type { JsonValue } from '../../order/values.ts';
import type { TransportMessage } from '../transport.ts';
import { messageInvalid, messageTooLarge } from './failure.ts';

/** Limits for a message. */
export interface MessageLimits {
  /** The largest body, in bytes. Default 1,048,576. */
  readonly maximumBodyBytes?: number | undefined;
  /** The deepest nesting of objects and arrays. Default 64. */
  readonly maximumDepth?: number | undefined;
}

const defaultBodyBytes = 1_048_576;
const defaultDepth = 64;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses the body of a message as JSON.
 *
 * @throws OrderchartError `messageTooLarge`; `messageInvalid` if it is not JSON in UTF-8, is nested
 * too deeply, or contains a lone surrogate or a key that could pollute a prototype.
 *
 * @example
 * map: (message) => {
 *   const { orderId, provider } = parseJsonBody(message) as PaymentNotice;
 *   return paymentReport(orderId, provider);
 * }
 */
export function parseJsonBody(
  message: Pick<TransportMessage, 'body'>,
  limits: MessageLimits = {},
): JsonValue {
  checkBodySize(message.body, limits);
  return jsonOf(message.body, limits);
}

export function checkBodySize(body: Uint8Array, limits: MessageLimits): void {
  const { maximumBodyBytes = defaultBodyBytes } = limits;
  if (body.byteLength > maximumBodyBytes) throw messageTooLarge(body.byteLength, maximumBodyBytes);
}

/** Parses bytes whose number was checked. */
export function jsonOf(
  bytes: Uint8Array,
  { maximumDepth = defaultDepth }: MessageLimits,
): JsonValue {
  let value: JsonValue;
  try {
    value = JSON.parse(utf8.decode(bytes)) as JsonValue;
  } catch {
    // Without the cause, which would quote the body.
    throw messageInvalid('The body of the message is not JSON in UTF-8.');
  }
  check(value, maximumDepth);
  return value;
}

/** Limits the nesting, since `JSON.parse` does not, and later code is recursive. */
function check(value: JsonValue, depth: number): void {
  if (typeof value === 'string') checkText(value);
  if (typeof value !== 'object' || value === null) return;
  if (depth === 0) throw messageInvalid('The body of the message is nested too deeply.');
  for (const [key, entry] of Object.entries(value)) {
    checkText(key);
    if (key === '__proto__') {
      throw messageInvalid("The body of the message has a key '__proto__'.");
    }
    check(entry as JsonValue, depth - 1);
  }
}

function checkText(text: string): void {
  if (!text.isWellFormed()) {
    throw messageInvalid('The body of the message contains a lone surrogate.');
  }
}
