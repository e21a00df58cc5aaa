import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { SyncOrder, skipText } from './sync-order.ts';

/** A way to the broker of a mock cluster that can be cut. */
export interface KafkaProxy {
  readonly port: number;
  /** Cuts every connection; new ones get through. */
  cut(): void;
  /** Cuts every connection and lets no new one through, until the function it gives is called. */
  interrupt(): () => void;
  /** Answers nothing, as a broker that hangs, until the function it gives is called. */
  hang(): () => void;
  /** Changes the error of the next answers to produce requests. */
  failProduce(errorCode: number, times?: number): void;
  close(): Promise<void>;
}

const keys = {
  produce: 0,
  metadata: 3,
  findCoordinator: 10,
  syncGroup: 14,
  apiVersions: 18,
} as const;

/**
 * Versions that the mock of librdkafka 2.0 claims and gets wrong: its answer to ListOffsets has a
 * field that is too long, and InitProducerId takes the id 0 of who has none for one that it gave.
 */
const highestVersions: ReadonlyMap<number, number> = new Map([
  [2, 3],
  [22, 2],
]);

interface State {
  readonly port: () => number;
  readonly syncs: SyncOrder;
  produceError: { code: number; times: number } | undefined;
  isHanging: boolean;
}

/**
 * Listens on a free port and passes everything on to the one broker of a mock cluster. Where
 * answers name the broker's port they name the proxy's instead, so that clients keep to it.
 */
export async function createKafkaProxy(targetPort: number): Promise<KafkaProxy> {
  const sockets = new Set<Socket>();
  let port = 0;
  let isInterrupted = false;
  const state: State = {
    port: () => port,
    syncs: new SyncOrder(),
    produceError: undefined,
    isHanging: false,
  };
  const server = createServer((client) => {
    if (isInterrupted) client.destroy();
    else join(client, connect(targetPort, '127.0.0.1'), sockets, state);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address !== null && typeof address === 'object') port = address.port;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    cut,
    interrupt: () => {
      isInterrupted = true;
      cut();
      return () => {
        isInterrupted = false;
      };
    },
    hang: () => {
      state.isHanging = true;
      return () => {
        state.isHanging = false;
      };
    },
    failProduce: (code, times = 1) => {
      state.produceError = { code, times };
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}

function join(client: Socket, broker: Socket, sockets: Set<Socket>, state: State): void {
  /** What was asked, by correlation id: API key and version. */
  const asked = new Map<number, readonly [number, number]>();
  for (const [socket, other] of [
    [client, broker],
    [broker, client],
  ] as const) {
    sockets.add(socket);
    socket.setNoDelay(true);
    // The reason is of no interest: `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  }
  eachFrame(client, (frame) => {
    const key = frame.readInt16BE(4);
    asked.set(frame.readInt32BE(8), [key, frame.readInt16BE(6)]);
    if (state.isHanging) return;
    if (key === keys.syncGroup) state.syncs.pass(frame, () => broker.write(frame));
    else broker.write(frame);
  });
  eachFrame(broker, (frame) => {
    const id = frame.readInt32BE(4);
    const [key = -1, version = 0] = asked.get(id) ?? [];
    asked.delete(id);
    rewrite(frame, key, version, state);
    if (!state.isHanging) client.write(frame);
  });
}

/** Every message of the protocol is preceded by its size. */
function eachFrame(socket: Socket, take: (frame: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      // A copy of its own: it is changed.
      take(Buffer.from(rest.subarray(0, end)));
      rest = rest.subarray(end);
    }
  });
}

/** Changes an answer in place; the header is size and correlation id. */
function rewrite(frame: Buffer, key: number, version: number, state: State): void {
  if (key === keys.metadata) rewriteMetadata(frame, version, state.port());
  if (key === keys.findCoordinator) rewriteCoordinator(frame, version, state.port());
  // A newer request is answered with an error alone.
  if (key === keys.apiVersions && version <= 2) rewriteVersions(frame);
  if (key === keys.produce) rewriteProduce(frame, state);
}

/** Versions 0 to 2: brokers (id, host, port, rack), cluster id, controller id. */
function rewriteMetadata(frame: Buffer, version: number, port: number): void {
  let at = 8;
  const count = frame.readInt32BE(at);
  at += 4;
  for (let index = 0; index < count; index += 1) {
    at = skipText(frame, at + 4);
    frame.writeInt32BE(port, at);
    at += 4;
    if (version >= 1) at = skipText(frame, at);
  }
  if (version >= 2) at = skipText(frame, at);
  // The mock says 0, which is no broker of its.
  if (version >= 1) frame.writeInt32BE(1, at);
}

function rewriteCoordinator(frame: Buffer, version: number, port: number): void {
  let at = version >= 1 ? 12 : 8;
  at += 2;
  if (version >= 1) at = skipText(frame, at);
  at = skipText(frame, at + 4);
  frame.writeInt32BE(port, at);
}

function rewriteVersions(frame: Buffer): void {
  const count = frame.readInt32BE(10);
  for (let index = 0; index < count; index += 1) {
    const at = 14 + index * 6;
    const highest = highestVersions.get(frame.readInt16BE(at)) ?? Number.POSITIVE_INFINITY;
    frame.writeInt16BE(Math.min(frame.readInt16BE(at + 4), highest), at + 4);
  }
}

/** Topics (name, partitions (index, error code...)); only the first partition is changed. */
function rewriteProduce(frame: Buffer, state: State): void {
  const { produceError } = state;
  if (produceError === undefined) return;
  const at = skipText(frame, 12) + 4 + 4;
  frame.writeInt16BE(produceError.code, at);
  produceError.times -= 1;
  if (produceError.times === 0) state.produceError = undefined;
}
