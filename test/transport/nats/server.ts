import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import {
  createNatsTransport,
  type NatsTransportOptions,
} from '../../../src/transport/nats/index.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { type PrivateServer, privateServer } from '../../private-server.ts';

export const password = 'correct-horse-battery-staple';

/** A nats-server of one's own, with JetStream and more lines of its configuration; not started. */
export function natsServer(
  path: string,
  { hasJetStream = true, lines = [] as readonly string[] } = {},
): Promise<PrivateServer> {
  return privateServer({
    path,
    args: (port, folder) => {
      const file = join(folder, 'nats.conf');
      const data = `jetstream: { store_dir: ${JSON.stringify(join(folder, 'data'))} }`;
      const settings = [`listen: 127.0.0.1:${port}`, ...(hasJetStream ? [data] : []), ...lines];
      writeFileSync(file, settings.join('\n'));
      return ['-c', file];
    },
  });
}

export const withUser = [`authorization: { user: shop, password: "${password}" }`];

/** A stream of one's own on a server, and what a test does with it by hand. */
export interface NatsPlace {
  readonly name: string;
  readonly options: NatsTransportOptions;
  /** A transport on the place; not open. */
  transport(options?: Partial<NatsTransportOptions>): Transport;
  /** JetStream, without the transport. */
  manager(): Promise<JetStreamManager>;
  /** All that is in the stream: subjects and message ids, in its order. */
  stored(): Promise<readonly { readonly subject: string; readonly id: string }[]>;
  /** Deletes the stream. */
  remove(): Promise<void>;
}

export function natsPlace(url: string): NatsPlace {
  const name = `test-${randomUUID()}`;
  let connection: Promise<NatsConnection> | undefined;
  const options = {
    url,
    stream: name,
    subject: name,
    consumer: 'test',
    ackWaitMs: 1_000,
    maximumReconnectDelayMs: 100,
  };
  const manager = async (): Promise<JetStreamManager> => {
    const { host: servers, username: user, password: pass } = new URL(url);
    connection ??= connect({ servers, ...(user === '' ? {} : { user, pass }) });
    return jetstreamManager(await connection);
  };
  return {
    name,
    options,
    transport: (more = {}) => createNatsTransport({ ...options, ...more }),
    manager,
    stored: async () => {
      const { streams } = await manager();
      const { state } = await streams.info(name);
      const places = Array.from({ length: state.last_seq }, (_, index) => index + 1);
      const messages = await Promise.all(places.map((seq) => streams.getMessage(name, { seq })));
      return messages
        .filter((message) => message !== null)
        .map(({ subject, header }) => ({ subject, id: header.get('Nats-Msg-Id') }));
    },
    remove: async () => {
      const { streams } = await manager();
      await streams.delete(name).catch(() => undefined);
      await (await connection)?.close();
    },
  };
}
