import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import {
  cloudEventMessage,
  createInbox,
  createOrderEngine,
  type OrderReport,
  parseCloudEvent,
  parseOrderEvent,
  type TransportMessage,
} from 'orderchart';
import { createRedisTransport, type RedisWarning } from 'orderchart/redis';

// Orders and payments are two services that communicate over Redis streams; billing listens to
// orders. Run it with your own server: `redis-server --appendonly yes`, then
// `node examples/redis/main.ts`.
const url = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
const run = randomUUID().slice(0, 8);
// Without `warn`, the transport refuses a server that could lose messages.
const warn = ({ message }: RedisWarning) => console.log('warning:', message);
const orders = { url, stream: `example:orders:${run}`, warn };
const payments = { url, stream: `example:payments:${run}`, warn };

// 1 the orders service: events out, payments in
const engine = await createOrderEngine();
await engine.startPublishing({
  name: 'orders-out',
  from: 'beginning',
  transport: createRedisTransport(orders),
});
await engine.startReceiving({
  name: 'payments-in',
  transport: createRedisTransport({ ...payments, group: 'orders' }),
  map: captured,
  deadLetter: ({ reason, detail }) => console.log('dead letter:', reason, detail),
});

function captured(message: TransportMessage): OrderReport {
  const { id, data } = parseCloudEvent(message);
  const { orderId, amount } = data as { readonly orderId: string; readonly amount: number };
  return {
    type: 'payment.report',
    outcome: 'captured',
    sale: true,
    orderId,
    paymentId: `payment-of-${orderId}`,
    objectId: id,
    amount,
    currency: 'EUR',
    source: 'payments',
    reportId: id,
  };
}

// 2 billing, which has no engine: it handles each event once, in sequence for each order
const billing = createRedisTransport({ ...orders, group: 'billing' });
const received: string[] = [];
const heardEnough = Promise.withResolvers<void>();
const inbox = createInbox();
await billing.open();
await billing.consume?.({
  maximumInFlight: 10,
  deliver: async ({ message, ack, nack }) => {
    try {
      await inbox.handle(message, () => {
        const { type, orderId, version } = parseOrderEvent(message);
        console.log(`billing: ${type}, order ${orderId}, version ${version}`);
        received.push(type);
        if (type === 'order.confirmed') heardEnough.resolve();
      });
      await ack();
    } catch {
      await nack(1_000);
    }
  },
  onError: (error) => console.log('billing:', error),
});

// 3 an order is placed and paid; the payment service reports it twice
await engine.execute({
  type: 'order.place',
  orderId: '1001',
  currency: 'EUR',
  lines: [{ id: 'mug', quantity: 2, unitPrice: 1250 }],
});
const paymentService = createRedisTransport(payments);
await paymentService.open();
const notice = cloudEventMessage(
  {
    id: 'notice-1',
    source: '/payments',
    type: 'payments.captured',
    extensions: {},
    data: { orderId: '1001', amount: 2500 },
  },
  { key: '1001' },
);
for (const _ of ['once', 'and again']) {
  const [result] = await paymentService.publish([notice]);
  assert.equal(result?.status, 'published');
}

// 4 check the results
await heardEnough.promise;
assert.deepEqual(received, ['order.placed', 'payment.captured', 'order.confirmed']);
console.log('status:', JSON.stringify((await engine.get('1001'))?.status));

// 5 close everything, and delete the keys of this run
await Promise.all([engine.close(), billing.close(), paymentService.close()]);
const redis = new Redis(url);
await redis.unlink(await redis.keys(`example:*:${run}*`));
redis.disconnect();
