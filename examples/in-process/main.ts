import assert from 'node:assert/strict';
import {
  cloudEventMessage,
  createInbox,
  createInProcessQueue,
  createInProcessTransport,
  createOrderEngine,
  type OrderReport,
  parseCloudEvent,
  parseOrderEvent,
  type TransportMessage,
} from 'orderchart';

// One process, no broker: a shop and its mailing service exchange messages over queues in memory.
// With another transport, they could run as two services. Run it without any setup:
// `node examples/in-process/main.ts`.
const orders = createInProcessQueue();
const payments = createInProcessQueue();

// 1 the shop: events out, payments in
const engine = await createOrderEngine();
await engine.startPublishing({
  name: 'out',
  from: 'beginning',
  transport: createInProcessTransport({ queue: orders }),
});
await engine.startReceiving({
  name: 'payments-in',
  transport: createInProcessTransport({ queue: payments }),
  map: captured,
  deadLetter: ({ message, reason }) =>
    console.log(`shop: ${message.id} is a dead letter, ${reason}`),
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

// 2 mailing, whose mail server is down for the first mail: the message is redelivered, in order
const mailing = createInProcessTransport({ queue: orders });
const sent: string[] = [];
const isDone = Promise.withResolvers<void>();
const inbox = createInbox();
await mailing.open();
await mailing.consume?.({
  maximumInFlight: 10,
  deliver: async ({ message, attempt, ack, nack }) => {
    try {
      await inbox.handle(message, () => {
        const { type, orderId, version } = parseOrderEvent(message);
        if (version === 1 && attempt === 1) throw new Error('The mail server is down.');
        console.log(`mailing: ${type}, order ${orderId}, version ${version}, attempt ${attempt}`);
        sent.push(type);
        if (type === 'order.confirmed') isDone.resolve();
      });
      await ack();
    } catch (error) {
      console.log('mailing:', (error as Error).message);
      await nack();
    }
  },
  onError: (error) => console.log('mailing:', error),
});

// 3 an order is placed and paid; the payment service reports it twice, and sends an invalid message
await engine.execute({
  type: 'order.place',
  orderId: '1001',
  currency: 'EUR',
  lines: [{ id: 'mug', quantity: 2, unitPrice: 1250 }],
});
const paymentService = createInProcessTransport({ queue: payments });
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
const nonsense = { ...notice, id: 'notice-2', body: new TextEncoder().encode('lorem ipsum') };
await paymentService.publish([notice, notice, nonsense]);

// 4 check the results
await isDone.promise;
assert.deepEqual(sent, ['order.placed', 'payment.captured', 'order.confirmed']);
console.log('status:', JSON.stringify((await engine.get('1001'))?.status));
await Promise.all([engine.close(), mailing.close(), paymentService.close()]);
