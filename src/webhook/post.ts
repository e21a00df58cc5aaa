import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import type { HttpAnswer } from './answers.ts';
import type { Connections } from './connections.ts';

/** A request. */
export interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Aborted when the request takes too long. The request rejects with its reason. */
  readonly signal: AbortSignal;
}

/** Settings of all requests. */
export interface PostSettings {
  readonly connections: Connections;
  readonly lookup: LookupFunction;
  readonly tls: TlsSettings;
  readonly connectTimeoutMs: number;
  readonly maximumResponseBytes: number;
}

/** Certificates: the authorities to trust, and the client's own. */
export interface TlsSettings {
  /** Certificates of authorities to trust instead of the default ones, in PEM. */
  readonly ca?: string | readonly string[] | undefined;
  /** The client's certificate, in PEM, for receivers that require one. */
  readonly cert?: string | undefined;
  /** The key of `cert`, in PEM. */
  readonly key?: string | undefined;
}

/**
 * Sends a POST and returns the answer. Rejects with the network's error, or the signal's reason. If
 * a reused connection turns out to be closed by the receiver, the request was not read, and is sent
 * once more on a new connection.
 */
export async function post(request: Post, settings: PostSettings): Promise<HttpAnswer> {
  try {
    return await attempt(request, settings, true);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    return attempt(request, settings, false);
  }
}

/** A reused connection was closed by the receiver. */
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
  // Once there is an answer, a broken connection does not matter.
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

/** Aborts if a new connection, including TLS, takes too long. */
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
 * Reads the answer's body to its end, so that the connection can be reused. Closes the connection
 * if the body is longer than `maximumBytes`. Calls back in either case.
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
