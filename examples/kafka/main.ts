import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Admin, Consumer, compatibilityPartitioner, Producer } from '@platformatic/kafka';
import {
  cloudEventMessage,
  createInbox,
  createOrderEngine,
  type OrderReport,
  parseCloudEvent,
  parseOrderEvent,
  type TransportMessage,
} from 'orderchart';
import { createKafkaTransport, fromPlatformatic } from 'orderchart/kafka';

// Orders and payments are two services that communicate over Kafka; billing listens to orders.
// Run it with a broker that creates topics on request: `KAFKA_BROKER=host:9092 node examples/kafka/main.ts`.
const broker = process.env['KAFKA_BROKER'] ?? '127.0.0.1:9092';
const run = randomUUID().slice(0, 8);
const connection = { clientId: 'example', bootstrapBrokers: [broker] };
const client = fromPlatformatic(
  { Consumer, Producer },
  {
    ...connection,
    // Assigns keys to the same partitions as other clients do.
    partitioner: compatibilityPartitioner,
  },
);
const orders = { client, topic: `example-orders-${run}` };
const payments = { client, topic: `example-payments-${run}` };
const topics = [orders.topic, payments.topic];
const admin = new Admin(connection);
await admin.metadata({ topics, autocreateTopics: true });

// 1 the orders service: events out, payments in
const engine = await createOrderEngine();
await engine.startPublishing({
  name: 'orders-out',
  from: 'beginning',
  transport: createKafkaTransport(orders),
});
await engine.startReceiving({
  name: 'payments-in',
  transport: createKafkaTransport({ ...payments, groupId: 'orders' }),
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
const billing = createKafkaTransport({ ...orders, groupId: 'billing' });
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
const paymentService = createKafkaTransport(payments);
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

// 5 close everything, and delete the topics of this run if the broker allows it
await Promise.all([engine.close(), billing.close(), paymentService.close()]);
await admin.deleteTopics({ topics }).catch((error) => console.log('not deleted:', topics, error));
await admin.close();
