import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { parseOrderEvent } from '../../src/transport/cloud-event/order-event.ts';
import { createWebhookReceiver } from '../../src/webhook/index.ts';

// A receiver of webhooks in a process of its own. It writes each event that it takes into a file,
// at once and by the kernel, before it acks: one line, `<order> <version>`.
//
//   node taking-process.ts <port> <folder> <secret>

const [port = '', folder = '', secret = ''] = process.argv.slice(2);
const file = openSync(join(folder, 'taken'), 'a');
const receiver = createWebhookReceiver({ secrets: [secret], maximumReadingRequests: 1_000 });
await receiver.open();
await receiver.consume({
  maximumInFlight: 1_000,
  deliver: ({ message, ack }) => {
    const { orderId, version } = parseOrderEvent(message);
    writeSync(file, `${orderId} ${version}\n`);
    void ack();
  },
  onError: () => undefined,
});
const server = createServer((request, response) => void receiver.handle(request, response));
server.listen(Number(port), '127.0.0.1');
