import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import {
  cloudEventMessage,
  createInbox,
  createOrderEngine,
  type OrderReport,
  parseCloudEvent,
  parseOrderEvent,
  type TransportMessage,
} from 'orderchart';
import { createKafkaTransport, fromKafkaJs } from 'orderchart/kafka';
import { findBroker } from './broker.ts';

// Orders and payments are two services that speak by Kafka, and billing listens to orders.
// Run it with a broker of yours: `KAFKA_BROKER=host:9092 node examples/kafka/main.ts`.
const broker = await findBroker();
const run = randomUUID().slice(0, 8);
const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
// kafkajs finds no controller in the mock cluster, and asks it for what makes a producer idempotent.
const client = fromKafkaJs(kafka, { idempotent: !broker.isMock });
const orders = { client, topic: `example-orders-${run}` };
const payments = { client, topic: `example-payments-${run}` };

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

// 2 billing, which has no engine: each event once, in the order of its order
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

// 3 an order is placed, and paid; the payment service says so twice
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

// 4 what came of it
await heardEnough.promise;
assert.deepEqual(received, ['order.placed', 'payment.captured', 'order.confirmed']);
console.log('status:', JSON.stringify((await engine.get('1001'))?.status));

// 5 everything lets go, and the topics of this run are deleted where they outlive it
await Promise.all([engine.close(), billing.close(), paymentService.close()]);
if (!broker.isMock) {
  const admin = kafka.admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [orders.topic, payments.topic] });
  await admin.disconnect();
}
await broker.stop();
