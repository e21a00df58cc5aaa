import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createWebhookReceiver, type WebhookReceiverOptions } from 'orderchart/webhook';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually, messageOf, secret, serverOf } from '../webhook/kit.ts';
import { signed } from '../webhook/vector.ts';

// Strangers who hold connections open and send next to nothing, over real sockets, beside senders
// who are answered at their first attempt or not at all: nobody here tries twice.

const honestCount = 130;
/** On Linux the whole of 127.0.0.0/8 is this machine. */
const strangers = '127.0.0.2';
const senders = '127.0.0.1';

async function receiving(options: Partial<WebhookReceiverOptions> = {}) {
  const receiver = createWebhookReceiver({ secrets: [secret], ...options });
  await receiver.open();
  onTestFinished(() => receiver.close());
  await receiver.consume({
    maximumInFlight: 1_000,
    deliver: ({ ack }) => void ack(),
    onError: () => undefined,
  });
  const { port } = await serverOf((incoming, response) => receiver.handle(incoming, response));
  return { receiver, port };
}

/** Looks like a request of a sender, until its body is there. */
function slowSocket(port: number, localAddress: string, ended: () => void): Socket {
  const headers = Object.entries({
    host: 'shop.example',
    'content-length': '1000',
    'content-type': 'application/json',
    'webhook-id': 'message-1',
    'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
    'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}`,
  });
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  socket.on('error', () => undefined);
  socket.on('close', ended);
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`POST / HTTP/1.1\r\n${head}\r\n{`);
  socket.resume();
  return socket;
}

/** Keeps so many slow sockets open: one that is closed is opened again at once. */
function besiege(port: number, count: number, localAddress: string, again = false): void {
  const sockets = new Set<Socket>();
  let isOver = false;
  const open = () => {
    const socket = slowSocket(port, localAddress, () => {
      sockets.delete(socket);
      if (again && !isOver) open();
    });
    sockets.add(socket);
  };
  for (let number = 0; number < count; number += 1) open();
  onTestFinished(() => {
    isOver = true;
    for (const socket of sockets) socket.destroy();
  });
}

/** Sends a message once, and gives the status of the answer. */
function sendOnce(port: number, number: number, localAddress: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const message = messageOf(number);
  const headers = signed(message, [secret], Date.now());
  const sending = request(
    { port, host: '127.0.0.1', localAddress, method: 'POST', headers, agent: false },
    (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    },
  );
  sending.on('error', () => resolve(0));
  sending.end(message.body);
  return promise;
}

async function answersOf(port: number, localAddress: string): Promise<readonly number[]> {
  const numbers = Array.from({ length: honestCount }, (_, number) => number);
  const statuses = await Promise.all(numbers.map((one) => sendOnce(port, one, localAddress)));
  return [...new Set(statuses)];
}

describe('senders are answered at their first attempt', () => {
  it('beside 120 slow sockets without a signature, which come from the same address', async () => {
    const { receiver, port } = await receiving({ bodyGraceMs: 60_000, bodyTimeoutMs: 120_000 });
    besiege(port, 120, senders);
    await eventually('they are there', () => receiver.stats().requests === 120);
    expect(await answersOf(port, senders)).toEqual([204]);
    expect(receiver.stats()).toMatchObject({ acked: honestCount, reading: 120 });
  });

  it('when slow sockets from another address have taken every place', async () => {
    const { receiver, port } = await receiving({
      maximumReadingRequests: 50,
      bodyGraceMs: 60_000,
      bodyTimeoutMs: 120_000,
    });
    besiege(port, 200, strangers);
    await eventually('they are there', () => receiver.stats().requests === 200);
    expect(receiver.stats()).toMatchObject({ reading: 50, refused: { overloaded: 150 } });
    expect(await answersOf(port, senders)).toEqual([204]);
  });

  it('when these come again as fast as they can', async () => {
    const { receiver, port } = await receiving({ maximumReadingRequests: 50 });
    besiege(port, 200, strangers, true);
    await eventually('they come again', () => receiver.stats().requests > 400);
    expect(await answersOf(port, senders)).toEqual([204]);
    expect(receiver.stats().acked).toBe(honestCount);
  });

  it('when slow sockets from the same address have taken every place, after a time of grace', async () => {
    const { receiver, port } = await receiving({ maximumReadingRequests: 50, bodyGraceMs: 100 });
    besiege(port, 50, senders);
    await eventually('they are given up', () => receiver.stats().refused.bodyTooSlow === 50);
    expect(await answersOf(port, senders)).toEqual([204]);
  });
});
