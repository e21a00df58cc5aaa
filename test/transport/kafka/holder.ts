import { createKafkaTransport } from '../../../src/transport/kafka/index.ts';
import { platformatic } from './clients.ts';

// Consumes until it is killed, says what it was given, acks the first five and holds the others:
// `node holder.ts <address> <topic> <group>`.

const [address = '', topic = '', groupId = ''] = process.argv.slice(2);
const transport = createKafkaTransport({
  client: platformatic(address),
  topic,
  groupId,
  sessionTimeoutMs: 6_000,
});
await transport.open();
let count = 0;
await transport.consume?.({
  maximumInFlight: 100,
  deliver: (delivery) => {
    count += 1;
    const { id } = delivery.message;
    if (count > 5) process.stdout.write(`held ${id}\n`);
    else delivery.ack().then(() => process.stdout.write(`acked ${id}\n`));
  },
  onError: () => undefined,
});
