import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import type { HttpAnswer } from './answers.ts';
import type { Connections } from './connections.ts';

/** One request. */
export interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Aborted when it takes too long; the reason is what is thrown. */
  readonly signal: AbortSignal;
}

/** What requests have in common. */
export interface PostSettings {
  readonly connections: Connections;
  readonly lookup: LookupFunction;
  readonly tls: TlsSettings;
  readonly connectTimeoutMs: number;
  readonly maximumResponseBytes: number;
}

/** What a receiver's certificate is checked against, and what we show of ourselves. */
export interface TlsSettings {
  /** Certificates of authorities to trust instead of the well-known ones, PEM. */
  readonly ca?: string | readonly string[] | undefined;
  /** Our certificate and its key, PEM, where receivers ask for one. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/**
 * Sends one POST and gives the answer. Rejects with what went wrong: the network's error, or the
 * signal's reason. A kept connection that the receiver has closed in the meantime shows only when
 * it is used; then nobody has read the request, and it is sent once more on a new one.
 */
export async function post(request: Post, settings: PostSettings): Promise<HttpAnswer> {
  try {
    return await attempt(request, settings, true);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    return attempt(request, settings, false);
  }
}

/** A kept connection was closed by its other end. */
class StaleConnection extends Error {}

function attempt(
  { url, headers, body, signal }: Post,
  settings: PostSettings,
  mayReuse: boolean,
): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  let hasAnswer = false;
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const request = send(url, {
    method: 'POST',
    headers: { ...headers, 'content-length': body.length },
    agent: mayReuse ? settings.connections.agentFor(url) : false,
    lookup: settings.lookup,
    ...tlsOptions(settings.tls),
  });
  const onAbort = () => request.destroy(abortReason(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  request.on('socket', (socket) => watchConnecting(request, socket, url, settings));
  request.on('response', (response) => {
    hasAnswer = true;
    drain(response, settings.maximumResponseBytes, () => resolve(answerOf(response)));
  });
  // When there is an answer, its end decides: a connection that breaks then changes nothing.
  request.on('error', (error) => {
    if (!hasAnswer) reject(isStale(request, error) ? new StaleConnection() : error);
  });
  request.on('close', () => {
    if (!hasAnswer) reject(new Error('the connection was closed without an answer'));
  });
  if (signal.aborted) onAbort();
  else request.end(body);
  return promise.finally(() => signal.removeEventListener('abort', onAbort));
}

function abortReason({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error('Aborted.');
}

function tlsOptions({ ca, cert, key }: TlsSettings): object {
  const given = Object.entries({ ca, cert, key }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

/** Gives up when a new connection, TLS included, is not there in time. */
function watchConnecting(
  request: ClientRequest,
  socket: Socket,
  url: URL,
  { connectTimeoutMs }: PostSettings,
): void {
  if (!socket.connecting) return;
  const timer = setTimeout(() => {
    request.destroy(new Error(`no connection within ${connectTimeoutMs} ms`));
  }, connectTimeoutMs);
  const clear = () => clearTimeout(timer);
  socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', clear);
  socket.once('close', clear);
}

function isStale(request: ClientRequest, error: NodeJS.ErrnoException): boolean {
  return request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function answerOf({ statusCode = 0, headers }: IncomingMessage): HttpAnswer {
  return {
    status: statusCode,
    retryAfter: headers['retry-after'],
    location: headers.location,
  };
}

/**
 * Reads the answer's body to its end, for the connection to be used again, or until it is longer
 * than anybody needs; then the connection is closed. Calls back in either case.
 */
function drain(response: IncomingMessage, maximumBytes: number, callback: () => void): void {
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maximumBytes) response.destroy();
  });
  response.on('error', () => undefined);
  response.on('close', callback);
}
