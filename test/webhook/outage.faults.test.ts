import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createOrderEngine, type OrderEngine } from 'orderchart';
import { createWebhookTransport } from 'orderchart/webhook';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../eventually.ts';
import { type PrivateServer, privateServer } from '../private-server.ts';
import { local, memoryUsed, messageOf, openTransport, secret } from './kit.ts';

// Promise 10 for webhooks: the receiver, a process of its own, is killed and frozen under load. What
// it took is in a file that outlives it.

const orderCount = 30;
const noteCount = 20;
const eventCount = orderCount * (1 + noteCount);
const program = fileURLToPath(new URL('./taking-process.ts', import.meta.url));

async function takingServer(): Promise<PrivateServer> {
  const server = await privateServer({
    path: process.execPath,
    args: (port, folder) => ['--no-warnings', program, String(port), folder, secret],
  });
  onTestFinished(() => server.remove());
  await server.start();
  return server;
}

/** What the receiver took, repetitions included: `[order, version]`. */
function takenBy({ folder }: PrivateServer): readonly (readonly [string, number])[] {
  const lines = readFileSync(join(folder, 'taken'), 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const [orderId = '', version] = line.split(' ');
    return [orderId, Number(version)];
  });
}

async function publishingEngine({ port }: PrivateServer): Promise<OrderEngine> {
  const engine = await createOrderEngine({ policy: { confirmWhen: 'manual' } });
  onTestFinished(() => engine.close());
  await engine.startPublishing({
    name: 'webhooks',
    from: 'beginning',
    transport: createWebhookTransport({
      ...local,
      url: `http://127.0.0.1:${port}/`,
      secrets: [secret],
      timeoutMs: 500,
    }),
    maximumBatchSize: 1,
    retry: { initialDelayMs: 5, maximumDelayMs: 200 },
  });
  return engine;
}

/** Lets every order live through its events, one after the other, all orders at once. */
async function live(engine: OrderEngine): Promise<void> {
  const orders = Array.from({ length: orderCount }, async (_, index) => {
    const orderId = `order-${index}`;
    const lines = [{ id: 'mug', quantity: 1, unitPrice: 100 }];
    await engine.execute({ type: 'order.place', orderId, currency: 'EUR', lines });
    for (let note = 0; note < noteCount; note += 1) {
      await engine.execute({ type: 'order.annotate', orderId, metadata: { note } });
      await untilPublished(engine, (note * eventCount) / noteCount / 2);
    }
  });
  await Promise.all(orders);
}

/** Not all at once: the outages are to fall into the load. */
function untilPublished(engine: OrderEngine, count: number): Promise<unknown> {
  return eventually(`${count} are published`, () => engine.stats().messagesPublished >= count);
}

it('a receiver killed three times and frozen once under load loses nothing, in order', async () => {
  const server = await takingServer();
  const engine = await publishingEngine(server);
  const living = live(engine);
  for (const count of [100, 200, 300]) {
    await untilPublished(engine, count);
    await server.stop('SIGKILL');
    const failed = engine.stats().handlerRetries;
    await eventually('publishing fails', () => engine.stats().handlerRetries > failed);
    await server.start();
  }
  await untilPublished(engine, 400);
  server.signal('SIGSTOP');
  const failed = engine.stats().handlerRetries;
  await eventually('publishing takes too long', () => engine.stats().handlerRetries > failed);
  server.signal('SIGCONT');
  await living;
  await untilPublished(engine, eventCount);

  const firsts = new Map<string, number[]>();
  for (const [orderId, version] of takenBy(server)) {
    const versions = firsts.get(orderId) ?? [];
    if (!versions.includes(version)) versions.push(version);
    firsts.set(orderId, versions);
  }
  expect(firsts.size).toBe(orderCount);
  const all = Array.from({ length: 1 + noteCount }, (_, index) => index + 1);
  for (const [orderId, versions] of firsts) expect(versions, orderId).toEqual(all);
  expect(await engine.subscriptions.parked('webhooks')).toEqual([]);
});

it('a receiver that is away: what cannot be sent is answered and kept nowhere', async () => {
  const server = await takingServer();
  await server.stop('SIGKILL');
  const { transport } = await openTransport({ url: `http://127.0.0.1:${server.port}/` });
  const before = memoryUsed();
  const body = new Uint8Array(40_000);
  for (let round = 0; round < 50; round += 1) {
    const batch = Array.from({ length: 50 }, (_, at) => messageOf(at, { body: body.slice() }));
    const results = await transport.publish(batch);
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['failed']));
  }
  // 100 MB were given; buffers are freed some time after the collection.
  await eventually('they are forgotten', () => memoryUsed() - before < 20_000_000);
});
