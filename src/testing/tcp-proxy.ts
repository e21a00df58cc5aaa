import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server that can be cut, to test what a client makes of it. */
export interface TcpProxy {
  /** Where it listens: `127.0.0.1`. */
  readonly host: string;
  /** The port on which it listens. */
  readonly port: number;
  /** Cuts every connection; new ones get through. */
  cut(): void;
  /** Cuts every connection and lets no new one through, until the function it gives is called. */
  interrupt(): () => void;
  /** Cuts every connection and ends. */
  close(): Promise<void>;
}

/**
 * Listens on a free port of this machine and passes everything on to a server: give its address to
 * the client that is tested, and cut the connections whenever you like.
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

/** Passes on both ways; when one side goes, so does the other. */
function join(client: Socket, upstream: Socket, sockets: Set<Socket>): void {
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    sockets.add(socket);
    socket.setNoDelay(true);
    // The reason is of no interest: `close` follows.
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
