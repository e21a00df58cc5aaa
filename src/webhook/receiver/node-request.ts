import type { IncomingMessage, ServerResponse } from 'node:http';
import { OrderchartError } from '../../errors.ts';
import type { Answer } from './answer.ts';
import type { Incoming } from './incoming.ts';
import type { Reading } from './reading.ts';
import { Refused } from './refusal.ts';

/** How long the rest of a body is read and discarded after its request was refused. */
const lingerMs = 1_000;

/** A request of `node:http`, or of a framework based on it. */
export function nodeRequest(request: IncomingMessage, address: string | undefined): Incoming {
  return {
    method: request.method ?? '',
    // Objects that only look like a request of `node:http` may not have distinct headers.
    headers: request.headersDistinct ?? request.headers,
    // Never `x-forwarded-for`, which the sender can set to anything.
    address: address ?? request.socket?.remoteAddress,
    readBody: (reading) => readBody(request, reading),
  };
}

async function readBody(request: IncomingMessage, reading: Reading): Promise<Uint8Array> {
  const { body, rawBody } = request as { body?: unknown; rawBody?: unknown };
  // Set by cloud functions, by some frameworks, and by `express.raw()`.
  for (const kept of [rawBody, body]) if (kept instanceof Uint8Array) return kept;
  if (request.readableDidRead) throw notRaw();
  if (request.destroyed) throw brokeOff();
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const onData = (chunk: Buffer): void => {
    try {
      reading.append(chunk);
    } catch (error) {
      // Stop reading, since the reading may not grow.
      request.off('data', onData);
      reject(error);
    }
  };
  const onEnd = () => resolve(reading.content());
  // A complete request emits `close` too, shortly after its end.
  const onClose = () => request.complete || reject(brokeOff());
  request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  try {
    return await Promise.race([promise, reading.broken]);
  } finally {
    request.off('data', onData).off('end', onEnd).off('close', onClose);
  }
}

/** Writes the answer. Calls back when it was sent, or with an error if it cannot be sent. */
export function writeAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, text }: Answer,
  callback: (error?: Error) => void,
): void {
  if (response.destroyed || response.headersSent) {
    callback(senderGone());
    return;
  }
  let isSent = false;
  response.on('finish', () => {
    isSent = true;
    callback();
    letGo(request);
  });
  response.on('close', () => {
    if (!isSent) callback(senderGone());
  });
  response.writeHead(status, { ...headers, ...(text ? { 'content-type': 'text/plain' } : {}) });
  response.end(text);
}

/**
 * A sender may read the answer only after it has sent the whole body, and loses it if the
 * connection is closed immediately. So the rest of the body is read for a limited time.
 */
function letGo(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  request.resume();
  const timer = setTimeout(() => request.destroy(), lingerMs);
  request.once('close', () => clearTimeout(timer));
}

export function notRaw(): Refused {
  return new Refused(
    'bodyNotRaw',
    "The body was read before the receiver got the request. Pass the request unread, or the body's " +
      "bytes in `request.rawBody` or `request.body` (express.raw({ type: '*/*' })).",
  );
}

export function brokeOff(): Refused {
  return new Refused('bodyIncomplete', 'The connection broke before the end of the body.');
}

function senderGone(): OrderchartError {
  return new OrderchartError(
    'transportUnavailable',
    'The sender of the webhook disconnected before it was answered, and will retry.',
  );
}
