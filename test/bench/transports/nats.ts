import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers as emptyHeaders } from '@nats-io/transport-node';
import { createNatsTransport } from '../../../src/transport/nats/index.ts';
import { service } from '../../services.ts';
import { atATime, type Contender, newPlace } from './contender.ts';

export async function natsContender(): Promise<Contender> {
  const { url } = service('nats');
  const connection = await connect({ servers: url });
  const manager = await jetstreamManager(connection);
  const client = jetstream(connection);
  const streams: string[] = [];
  return {
    transport: () => {
      const stream = newPlace();
      streams.push(stream);
      return createNatsTransport({ url, stream, subject: stream, consumer: 'bench' });
    },
    publishBare: async (messages, inFlight) => {
      const name = newPlace();
      streams.push(name);
      await manager.streams.add({ name, subjects: [`${name}.>`] });
      await atATime(messages, inFlight, ({ id, key, headers, body }) => {
        const all = emptyHeaders();
        for (const [header, value] of Object.entries(headers)) all.set(header, value);
        const subject = `${name}.${key.replaceAll(/[^\w-]/g, '_')}`;
        return client.publish(subject, body, { msgID: id, headers: all });
      });
    },
    [Symbol.asyncDispose]: async () => {
      for (const stream of streams) await manager.streams.delete(stream).catch(() => {});
      await connection.close();
    },
  };
}
