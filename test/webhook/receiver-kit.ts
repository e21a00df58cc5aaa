import { Agent, type IncomingMessage, request } from 'node:http';
import { createWebhookReceiver, type WebhookReceiverOptions } from 'orderchart/webhook';
import { onTestFinished } from 'vitest';
import type { Delivery, TransportMessage } from '../../src/transport/transport.ts';
import { messageOf, secret, serverOf, time } from './kit.ts';
import { signed } from './vector.ts';

export type Handle = (delivery: Delivery) => unknown;

/** A receiver behind a server, with a consumer that acks unless it is told otherwise. */
export async function receiving(
  options: Partial<WebhookReceiverOptions> = {},
  { handle = ({ ack }: Delivery) => void ack(), maximumInFlight = 10 } = {} as {
    readonly handle?: Handle;
    readonly maximumInFlight?: number;
  },
) {
  const refused: string[] = [];
  const receiver = createWebhookReceiver({
    name: 'provider',
    secrets: [secret],
    now: () => time,
    onRefused: ({ reason, status, id }) => refused.push(`${status} ${reason} ${id ?? '-'}`),
    ...options,
  });
  await receiver.open();
  onTestFinished(() => receiver.close());
  const deliveries: Delivery[] = [];
  const errors: unknown[] = [];
  const deliver = (delivery: Delivery) => {
    deliveries.push(delivery);
    handle(delivery);
  };
  const consume = () =>
    receiver.consume({ maximumInFlight, deliver, onError: (error) => errors.push(error) });
  const consumption = await consume();
  const served = await serverOf((incoming, response) => receiver.handle(incoming, response));
  return {
    ...served,
    receiver,
    consumption,
    consume,
    deliveries,
    errors,
    refused,
    /** Sends a message as its sender would, and gives the answer. */
    send: (message?: TransportMessage, how?: Sending) => send(served.port, message, how),
  };
}

interface Sending {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly method?: string;
  readonly body?: Uint8Array;
}

export interface SentAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

export async function send(
  port: number,
  message: TransportMessage = messageOf(1),
  { headers = {}, method = 'POST', body = message.body }: Sending = {},
): Promise<SentAnswer> {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method,
    headers: defined({ ...signed(message), ...headers }),
    ...(method === 'GET' ? {} : { body: Buffer.from(body) }),
  });
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after') ?? undefined,
    text: await response.text(),
  };
}

function defined(
  headers: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const entries = Object.entries(headers).filter((entry) => entry[1] !== undefined);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** Begins a request whose body the test writes by itself. */
export function beginRequest(port: number, headers: Readonly<Record<string, string>> = {}) {
  const { promise: answer, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  // The connection is to be kept, so that nobody closes it for that alone.
  const agent = new Agent({ keepAlive: true });
  const outgoing = request({ port, host: '127.0.0.1', method: 'POST', headers, agent });
  outgoing.on('response', (response) => {
    response.resume();
    resolve(response);
  });
  outgoing.on('error', reject);
  answer.catch(() => undefined);
  onTestFinished(() => {
    outgoing.destroy();
    agent.destroy();
  });
  return { outgoing, answer };
}
