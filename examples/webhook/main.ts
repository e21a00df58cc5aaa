import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  cloudEventMessage,
  createOrderEngine,
  type OrderReport,
  parseCloudEvent,
  parseOrderEvent,
} from 'orderchart';
import { createWebhookReceiver, createWebhookTransport } from 'orderchart/webhook';

// A shop sends orders to its warehouse by webhook, and the warehouse reports back what it has sent
// in the same way. Each direction has its own secret.
const secrets = {
  toWarehouse: [`whsec_${randomBytes(32).toString('base64')}`],
  toShop: [`whsec_${randomBytes(32).toString('base64')}`],
};
/** Both servers are on this machine; webhooks to local addresses must be allowed explicitly. */
const onThisMachine = { allowHttp: true, allowedAddresses: ['127.0.0.0/8'] };

// 1 each has an HTTP server that passes requests to its receiver
const atShop = createWebhookReceiver({ secrets: secrets.toShop });
const atWarehouse = createWebhookReceiver({ secrets: secrets.toWarehouse });
const shopServer = await serve((request, response) => void atShop.handle(request, response));
const warehouseServer = await serve(
  (request, response) => void atWarehouse.handle(request, response),
);

// 2 the warehouse sends the goods, and reports it
const toShop = createWebhookTransport({
  ...onThisMachine,
  url: `${urlOf(shopServer)}/from-warehouse`,
  secrets: secrets.toShop,
});
await toShop.open();
await atWarehouse.open();
await atWarehouse.consume({
  maximumInFlight: 10,
  deliver: async ({ message, ack, nack }) => {
    const { orderId, type } = parseOrderEvent(message);
    console.log(`warehouse: ${type} of order ${orderId}`);
    const [result] = await toShop.publish([dispatched(orderId)]);
    // Acknowledge only what the shop has accepted; otherwise the shop's webhook is redelivered.
    await (result?.status === 'published' ? ack() : nack());
  },
  onError: (error) => console.log('warehouse:', error),
});

function dispatched(orderId: string) {
  return cloudEventMessage(
    {
      id: `parcel-of-${orderId}`,
      source: '/warehouse',
      type: 'parcel.dispatched',
      subject: orderId,
      extensions: {},
      data: { lines: [{ lineId: 'tea', units: 2 }] },
    },
    { mode: 'structured', key: orderId },
  );
}

// 3 the shop publishes confirmed orders, and receives reports of what was sent
const engine = await createOrderEngine({ policy: { confirmWhen: 'terms' } });
await engine.startPublishing({
  name: 'to-warehouse',
  from: 'beginning',
  transport: createWebhookTransport({
    ...onThisMachine,
    url: `${urlOf(warehouseServer)}/orders`,
    secrets: secrets.toWarehouse,
  }),
  types: ['order.confirmed'],
  // The whole event is in the body, so that the signature of Standard Webhooks covers it.
  mode: 'structured',
  maximumBatchSize: 1,
});
await engine.startReceiving({
  name: 'from-warehouse',
  transport: atShop,
  map: (message) => {
    const { id, type, subject = '', data } = parseCloudEvent(message);
    console.log(`shop: ${type} of order ${subject}`);
    return type === 'parcel.dispatched' ? dispatchReport(id, subject, data) : undefined;
  },
  deadLetter: ({ detail }) => console.log('shop: dead letter:', detail),
});

function dispatchReport(id: string, orderId: string, data: unknown): OrderReport {
  const { lines } = data as { readonly lines: { lineId: string; units: number }[] };
  return {
    type: 'shipment.report',
    outcome: 'dispatched',
    orderId,
    shipmentId: id,
    lines,
    source: 'warehouse',
    reportId: id,
  };
}

// 4 an order is placed, and dispatched by the warehouse
const isDispatched = Promise.withResolvers<void>();
engine.on('shipment.dispatched', () => isDispatched.resolve());
await engine.execute({
  type: 'order.place',
  orderId: '1001',
  currency: 'EUR',
  lines: [{ id: 'tea', quantity: 2, unitPrice: 1250 }],
});
await isDispatched.promise;
const order = await engine.get('1001');
console.log('shop:', JSON.stringify(order?.status));
assert.equal(order?.lines[0]?.shipped, 2);

// 5 a sender with the wrong secret is refused
const forger = createWebhookTransport({
  ...onThisMachine,
  url: `${urlOf(shopServer)}/from-warehouse`,
  secrets: [`whsec_${randomBytes(32).toString('base64')}`],
});
await forger.open();
const [result] = await forger.publish([dispatched('1002')]);
assert.equal(result?.status, 'failed');
console.log('shop: refused', atShop.stats().refused.signatureInvalid, 'with a wrong signature');

await engine.close();
await Promise.all([forger.close(), toShop.close(), atWarehouse.close()]);
for (const server of [shopServer, warehouseServer]) server.close();

async function serve(listener: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
