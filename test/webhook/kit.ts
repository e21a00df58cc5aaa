import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isOrderchartError } from 'orderchart';
import { createWebhookTransport, type WebhookTransportOptions } from 'orderchart/webhook';
import { onTestFinished } from 'vitest';
import type { PublishResult, TransportMessage } from '../../src/transport/transport.ts';

/** Of the tests of the Standard Webhooks libraries; guards nothing. */
export const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const otherSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** 2026-01-01. */
export const time = 1_767_225_600_000;

const encoder = new TextEncoder();

export function messageOf(
  number: number,
  fields: Partial<TransportMessage> = {},
): TransportMessage {
  return {
    id: `message-${number}`,
    key: `tenant-1/order-${number}`,
    type: 'payment.captured',
    sequence: number,
    headers: { 'content-type': 'application/json', 'ce-id': `message-${number}` },
    body: encoder.encode(`{"number":${number}}`),
    ...fields,
  };
}

/** What came to a server. */
export interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: NodeJS.Dict<string[]>;
  readonly body: Buffer;
  readonly socket: Socket;
}

export interface TestServer {
  readonly port: number;
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  readonly received: readonly Received[];
  /** Connections that were made so far. */
  readonly connections: readonly Socket[];
  readonly server: Server;
}

type Answering = (response: ServerResponse, received: Received) => void;

/** A server on a free port that keeps what it receives, and answers as the test wants. */
export async function receivingServer(
  answering: Answering = (response) => response.end(),
): Promise<TestServer> {
  const received: Received[] = [];
  const served = await serverOf(async (request, response) => {
    const body = await bodyOf(request);
    const { method, url: path, headersDistinct: headers, socket } = request;
    const one = { method, path, headers, body, socket };
    received.push(one);
    answering(response, one);
  });
  return { ...served, received };
}

/** A server on a free port, closed when the test ends. */
export async function serverOf(
  listener: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<Omit<TestServer, 'received'>> {
  const server = createServer((request, response) => void listener(request, response));
  const connections: Socket[] = [];
  server.on('connection', (socket) => connections.push(socket));
  const port = await listen(server);
  return { server, connections, port, origin: `http://127.0.0.1:${port}` };
}

export async function listen(
  server: Pick<Server, 'listen' | 'address' | 'close'>,
): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    if ('closeAllConnections' in server) (server as Server).closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The allowances that a receiver on this machine takes. */
export const local = { allowHttp: true, allowedAddresses: ['127.0.0.0/8', '::1'] } as const;

/** An open transport, closed when the test ends. */
export async function openTransport(
  options: Partial<WebhookTransportOptions> & { readonly url?: string },
) {
  const transport = createWebhookTransport({
    ...local,
    ...(options.endpoint === undefined ? { secrets: [secret] } : {}),
    ...options,
  } as WebhookTransportOptions);
  await transport.open();
  onTestFinished(() => transport.close());
  return {
    transport,
    /** Publishes one message, and says how it ended. */
    publish: async (message = messageOf(1)): Promise<PublishResult> => {
      const [result] = await transport.publish([message]);
      if (result === undefined) throw new Error('The message was not answered.');
      return result;
    },
  };
}

/** `published`, or what is said about a message that was not. */
export function told(result: PublishResult): string {
  if (result.status === 'published') return 'published';
  return result.status === 'refused' ? `refused: ${result.reason}` : `failed: ${result.error}`;
}

/** Looks until a condition holds. Sockets need real time; how long is not the question. */
export async function eventually(what: string, check: () => boolean): Promise<void> {
  for (let round = 0; round < 4_000; round += 1) {
    if (check()) return;
    await pause(5);
  }
  throw new Error(`It did not come about: ${what}.`);
}

/** The code of what `work` throws; `none` when it does not. */
export function codeOf(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (error) {
    return isOrderchartError(error) ? error.code : String(error);
  }
}

/** What is in use after a collection, buffers included; bytes. */
export function memoryUsed(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
