import { writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseOrderEvent } from '../../../src/transport/cloud-event/order-event.ts';
import type { Delivery, Transport } from '../../../src/transport/transport.ts';
import { createWebhookReceiver } from '../../../src/webhook/index.ts';
import { type BrokerAddress, transportTo } from './broker-address.ts';
import { deliveryWriter } from './deliveries.ts';
import { fileInbox } from './file-inbox.ts';

// A consumer of messages in a process of its own, without an engine. It writes each delivery down,
// has an inbox decide whether it takes effect, and acks. Its one argument is ConsumerOptions, as
// JSON. On standard output it says `ready`; `trouble` for each error that the transport mends by
// itself; and `defect <text>` for what should never happen.

export interface ConsumerOptions {
  readonly broker: BrokerAddress;
  /** Where deliveries are written down, see deliveryWriter. */
  readonly deliveries: string;
  /** Where effects are written down, see fileInbox. */
  readonly effects: string;
}

const { broker, deliveries, effects } = JSON.parse(process.argv[2] ?? '{}') as ConsumerOptions;

const say = (text: string): void => void writeSync(1, `${text}\n`);
const tellDefect = (error: unknown): void => {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say(`defect ${text.replaceAll('\n', ' | ')}`);
};
process.on('unhandledRejection', tellDefect);
process.on('uncaughtException', tellDefect);

const write = deliveryWriter(deliveries, 'consumer');
const { inbox, effect } = fileInbox(effects);

async function take(delivery: Delivery): Promise<void> {
  const { message } = delivery;
  write(parseOrderEvent(message));
  await inbox.handle(message, () => effect(message));
  // When the broker does not hear it the message comes again, and the inbox knows it.
  await delivery.ack().catch(() => undefined);
}

const transport = broker.kind === 'webhook' ? receiverAt(broker) : await transportTo(broker);
await transport.open();
const consumption = await transport.consume?.({
  maximumInFlight: 500,
  deliver: (delivery) => void take(delivery).catch(tellDefect),
  onError: () => say('trouble'),
});

function receiverAt({ port, secret }: BrokerAddress & { readonly kind: 'webhook' }): Transport {
  const receiver = createWebhookReceiver({ secrets: [secret], maximumReadingRequests: 1_000 });
  const server = createServer((request, response) => void receiver.handle(request, response));
  server.listen(port, '127.0.0.1');
  process.once('SIGTERM', () => server.close());
  return receiver;
}

// A parent that is gone has ended us: nobody is left to look at what we write.
process.stdin.resume().once('end', () => process.exit());
process.once('SIGTERM', async () => {
  await consumption?.stop();
  await consumption?.close();
  await transport.close();
  process.exit();
});
say('ready');
