import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a server on which one direction can be held up, as in a network that is stuck. */
export interface HoldableWay {
  readonly port: number;
  /** From now on nothing arrives in one direction; in the other it still does. */
  hold(what: 'requests' | 'answers'): void;
  /** Lets everything through that was held up, in its order. */
  release(): void;
  /** Cuts every connection, with what is held up on it; new ones get through. */
  cut(): void;
  close(): Promise<void>;
}

export async function holdableWay({ hostname, port }: URL): Promise<HoldableWay> {
  const sockets = new Set<Socket>();
  const senders = { requests: new Set<Socket>(), answers: new Set<Socket>() };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    senders.requests.add(client);
    senders.answers.add(upstream);
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay(true).on('error', () => undefined));
      socket.on('close', () => {
        for (const each of [client, upstream]) each.destroy();
      });
    }
    // Not by `pipe`, which would resume by itself what is held up.
    upstream.on('data', (bytes) => client.write(bytes));
    client.on('data', (bytes) => upstream.write(bytes));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    hold: (what) => {
      for (const sender of senders[what]) sender.pause();
    },
    release: () => {
      for (const sender of sockets) sender.resume();
    },
    cut,
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
