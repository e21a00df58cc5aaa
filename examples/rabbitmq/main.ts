import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import {
  cloudEventMessage,
  createInbox,
  createOrderEngine,
  type OrderReport,
  parseCloudEvent,
  parseOrderEvent,
  type TransportMessage,
} from 'orderchart';
import { createRabbitmqTransport } from 'orderchart/rabbitmq';

// Orders and payments are two services that communicate over RabbitMQ; billing listens to orders.
// Run it with your own broker: `RABBITMQ_URL=amqp://... node examples/rabbitmq/main.ts`.
const url = process.env['RABBITMQ_URL'] ?? 'amqp://guest:guest@127.0.0.1:5672';
const run = randomUUID().slice(0, 8);
const exchange = `example-orders-${run}`;
const billingQueue = `example-billing-${run}`;
const paymentsQueue = `example-payments-${run}`;

// 1 billing, which has no engine: it handles each event once, in sequence for each order. It binds
// its own queue to the exchange, so that other services can do the same.
const billing = createRabbitmqTransport({ url, exchange, queue: billingQueue });
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

// 2 the orders service: events out, payments in
const engine = await createOrderEngine();
await engine.startPublishing({
  name: 'orders-out',
  from: 'beginning',
  transport: createRabbitmqTransport({ url, exchange }),
});
await engine.startReceiving({
  name: 'payments-in',
  transport: createRabbitmqTransport({ url, queue: paymentsQueue }),
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

// 3 an order is placed and paid; the payment service reports it twice
await engine.execute({
  type: 'order.place',
  orderId: '1001',
  currency: 'EUR',
  lines: [{ id: 'mug', quantity: 2, unitPrice: 1250 }],
});
const paymentService = createRabbitmqTransport({ url, queue: paymentsQueue });
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

// 5 close everything, and delete what this run declared
await Promise.all([engine.close(), billing.close(), paymentService.close()]);
const connection = await connect(url);
const channel = await connection.createChannel();
for (const queue of [billingQueue, paymentsQueue]) await channel.deleteQueue(queue);
await channel.deleteExchange(exchange);
await connection.close();
