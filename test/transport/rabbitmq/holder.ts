import { createRabbitmqTransport } from '../../../src/transport/rabbitmq/index.ts';

// Consumes until it is killed, says what it was given, acks the first five and holds the others:
// `node holder.ts <url> <queue> <queue type>`.

const [url = '', queue = '', queueType = ''] = process.argv.slice(2);
const transport = createRabbitmqTransport({
  url,
  queue,
  queueType: queueType === 'classic' ? 'classic' : 'quorum',
});
await transport.open();
let count = 0;
await transport.consume?.({
  maximumInFlight: 100,
  deliver: (delivery) => {
    count += 1;
    const acked = count <= 5 ? delivery.ack() : Promise.resolve();
    // amqplib writes at the end of the event loop's turn: said is what was told to the broker.
    acked.then(() =>
      setImmediate(() => setImmediate(() => process.stdout.write(`${delivery.message.id}\n`))),
    );
  },
  onError: () => undefined,
});
process.stdout.write('consuming\n');
