import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Transport, TransportMessage } from '../../../src/transport/transport.ts';
import {
  createWebhookReceiver,
  createWebhookTransport,
  type WebhookReceiver,
} from '../../../src/webhook/index.ts';
import { atATime, type Contender } from './contender.ts';

/** As many as a careful sender opens to one receiver. */
const connections = 32;

/** To a server in this process, which verifies nothing of the bare way and everything of ours. */
export async function webhookContender(): Promise<Contender> {
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  /** Only while it consumes; what is published to nobody is answered and forgotten. */
  let consuming: WebhookReceiver | undefined;
  const server = createServer((incoming, response) => {
    if (consuming !== undefined) void consuming.handle(incoming, response);
    else incoming.resume().on('end', () => response.writeHead(204).end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const sender = () =>
    createWebhookTransport({
      ...{ url, secrets: [secret], allowHttp: true, allowedAddresses: 'any' as const },
      concurrency: connections,
    });
  return {
    transport: () => {
      const receiver = createWebhookReceiver({ secrets: [secret] });
      return both(sender(), receiver, () => {
        consuming = receiver;
      });
    },
    publishBare: (messages) =>
      atATime(messages, connections, (message) => post(url, agent, secret, message)),
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What goes out by the one comes in by the other. */
function both(sender: Transport, receiver: Transport, onConsume: () => void): Transport {
  return {
    name: sender.name,
    features: { ...sender.features, consumes: true },
    open: async () => {
      await sender.open();
      await receiver.open();
    },
    publish: (messages) => sender.publish(messages),
    consume: async (options) => {
      if (receiver.consume === undefined) throw new TypeError('A receiver consumes.');
      const consumption = await receiver.consume(options);
      onConsume();
      return consumption;
    },
    close: async () => {
      await sender.close();
      await receiver.close();
    },
  };
}

async function post(
  url: string,
  agent: Agent,
  secret: string,
  { id, headers, body }: TransportMessage,
): Promise<void> {
  const timestamp = `${Math.floor(Date.now() / 1000)}`;
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const hmac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body);
  const signed = {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${hmac.digest('base64')}`,
    'content-length': body.length,
  };
  const outgoing = request(url, { method: 'POST', agent, headers: { ...headers, ...signed } });
  outgoing.end(body);
  const [answer] = await once(outgoing, 'response');
  if (answer.statusCode !== 204) throw new Error(`The receiver answered ${answer.statusCode}.`);
  answer.resume();
  await once(answer, 'end');
}
