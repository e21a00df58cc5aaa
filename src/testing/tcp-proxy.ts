import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A proxy whose connections can be cut, to test how a client reacts. */
export interface TcpProxy {
  /** The address on which it listens: `127.0.0.1`. */
  readonly host: string;
  /** The port on which it listens. */
  readonly port: number;
  /** Cuts every connection. New ones are accepted. */
  cut(): void;
  /** Cuts every connection, and rejects new ones until the returned function is called. */
  interrupt(): () => void;
  /** Cuts every connection and stops listening. */
  close(): Promise<void>;
}

/**
 * Listens on a free port of this machine, and forwards everything to a server. Pass its address to
 * the client under test, and cut the connections at any time.
 *
 * @example
 * const proxy = await createTcpProxy({ port: 4222 });
 * const transport = createMyTransport({ servers: `127.0.0.1:${proxy.port}` });
 * await transport.open();
 * proxy.cut();
 */
export async function createTcpProxy(target: {
  readonly host?: string;
  readonly port: number;
}): Promise<TcpProxy> {
  const host = '127.0.0.1';
  const sockets = new Set<Socket>();
  let isInterrupted = false;
  const server = createServer((client) => {
    if (isInterrupted) client.destroy();
    else join(client, connect(target.port, target.host ?? host), sockets);
  });
  const port = await listen(server, host);
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    host,
    port,
    cut,
    interrupt: () => {
      isInterrupted = true;
      cut();
      return () => {
        isInterrupted = false;
      };
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      await closed;
    },
  };
}

/** Forwards in both directions. If one side ends, so does the other. */
function join(client: Socket, upstream: Socket, sockets: Set<Socket>): void {
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    sockets.add(socket);
    socket.setNoDelay(true);
    // Ignore the error: `close` follows and ends the other side.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
    socket.pipe(other);
  }
}

function listen(server: Server, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => resolve((server.address() as AddressInfo).port));
  });
}
