/**
 * A process that consumes and never answers, to be killed while it holds messages:
 * `holder.ts nats|redis <options as JSON>`. It prints the id of each message that it has in flight.
 */
import { createNatsTransport } from '../../src/transport/nats/index.ts';
import { createRedisTransport } from '../../src/transport/redis/index.ts';

const [, , kind, json = '{}'] = process.argv;
const options = JSON.parse(json);
const transport =
  kind === 'nats'
    ? createNatsTransport(options)
    : createRedisTransport({ ...options, warn: () => undefined });

await transport.open();
await transport.consume?.({
  maximumInFlight: 100,
  deliver: ({ message }) => {
    process.stdout.write(`${message.id}\n`);
  },
  onError: () => undefined,
});
