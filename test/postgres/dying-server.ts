import { once } from 'node:events';
import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';
import { isEncryptionRequest, MessageReader } from './frontend-messages.ts';

/** When a connection dies, as its client sees it. */
export type Death =
  /** After so many bytes of the server's answers, in the middle of whatever they say. */
  | { readonly afterBytes: number }
  /** With its n-th ReadyForQuery, counted from 1 (the first ends the start-up): FATAL follows in the same packet. */
  | { readonly withReady: number };

/** What one connection has received so far. */
export interface Received {
  bytes: number;
  ready: number;
}

/**
 * A server whose connections die at a chosen byte: it stands before a real one, so its answers are
 * those of PostgreSQL, up to there.
 *
 * @example
 * await using server = await DyingServer.create(testUrl());
 * server.deathOf = (connection) => (connection === 0 ? { afterBytes: 17 } : undefined);
 */
export class DyingServer implements AsyncDisposable {
  /** Asked for every connection, which are counted from 0; none dies by default. */
  deathOf: (connection: number) => Death | undefined = () => undefined;
  readonly received: Received[] = [];
  readonly url: string;
  deaths = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async create(target: string): Promise<DyingServer> {
    const { hostname, port } = new URL(target);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('No port to listen on.');
    const url = new URL(target);
    url.hostname = '127.0.0.1';
    url.port = `${address.port}`;
    const dying = new DyingServer(server, url.href);
    server.on('connection', (client) => {
      dying.#accept(client, tcpConnect({ host: hostname, port: Number(port || 5432) }));
    });
    return dying;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket, server: Socket): void {
    const received: Received = { bytes: 0, ready: 0 };
    const death = this.deathOf(this.received.push(received) - 1);
    const fromClient = new MessageReader('with start-up');
    const fromServer = new MessageReader('with messages');
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    const end = (last: Buffer): void => {
      this.deaths += 1;
      server.destroy();
      client.end(last);
    };
    client.on('data', (chunk) => {
      for (const message of fromClient.read(chunk)) {
        if (isEncryptionRequest(message)) client.write('N');
        else server.write(message.bytes);
      }
    });
    server.on('data', (chunk) => {
      const packet: Buffer[] = [];
      for (const { type, bytes } of fromServer.read(chunk)) {
        const rest = death !== undefined && 'afterBytes' in death ? death.afterBytes : Infinity;
        if (received.bytes + bytes.length > rest) {
          end(Buffer.concat([...packet, bytes.subarray(0, rest - received.bytes)]));
          return;
        }
        received.bytes += bytes.length;
        packet.push(bytes);
        if (type === 'Z') received.ready += 1;
        if (type === 'Z' && death !== undefined && 'withReady' in death) {
          if (received.ready === death.withReady) {
            end(Buffer.concat([...packet, fatal]));
            return;
          }
        }
      }
      if (packet.length > 0) client.write(Buffer.concat(packet));
    });
  }
}

/** What a server that shuts down, or an administrator, tells a connection that it ends. */
const fatal = errorResponse({
  S: 'FATAL',
  V: 'FATAL',
  C: '57P01',
  M: 'terminating connection due to administrator command',
});

function errorResponse(fields: Readonly<Record<string, string>>): Buffer {
  const text = Object.entries(fields).map(([letter, value]) => `${letter}${value}\0`);
  const body = Buffer.from(`${text.join('')}\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
