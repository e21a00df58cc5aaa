import { once } from 'node:events';
import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';
import { isEncryptionRequest, MessageReader, RequestReader } from './frontend-messages.ts';

/**
 * Where a connection is cut around one request:
 *
 *     client              proxy              server
 *       |---- request ----->|                   |
 *       |                   x  requestLost      |
 *       |                   |---- half ----x    |   requestHalved
 *       |                   |---- request ----->|
 *       |                   x  cutAtOnce        |   runs it, or not
 *       |                   |<---- answer ------|
 *       |                   x  answerLost       |   has run it
 *       |    x--- half -----|  answerHalved     |   has run it
 *
 * In the first two the server has not run the request. `answerHeld` cuts nothing: the server has
 * run it, and the client waits for an answer that never comes.
 */
export type Cut =
  | 'requestLost'
  | 'requestHalved'
  | 'cutAtOnce'
  | 'answerLost'
  | 'answerHalved'
  | 'answerHeld';

/** One thing that a client asked of the server. */
export interface SeenRequest {
  readonly sql: string;
  /** Counts the requests of all connections from 0. */
  readonly index: number;
}

/** Chooses where to cut, if at all. */
export type CutChooser = (request: SeenRequest) => Cut | undefined;

/**
 * Stands between a client and PostgreSQL, and loses what it is told to lose.
 *
 * @example
 * await using proxy = await TcpProxy.create(testUrl());
 * proxy.choose = ({ sql }) => (sql.includes('INSERT') ? 'answerLost' : undefined);
 * const pool = testPool({ connectionString: proxy.url });
 */
export class TcpProxy implements AsyncDisposable {
  /** Asked for every request; cuts nothing by default. */
  choose: CutChooser = () => undefined;
  readonly cuts: { readonly sql: string; readonly cut: Cut }[] = [];
  readonly url: string;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #target: URL;
  #requests = 0;
  #isPaused = false;
  #accepted = 0;

  private constructor(server: Server, url: string, target: URL) {
    this.#server = server;
    this.url = url;
    this.#target = target;
  }

  /** Listens on a free port and passes on to the server at `target`. */
  static async create(target: string): Promise<TcpProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('No port to listen on.');
    const url = new URL(target);
    url.hostname = '127.0.0.1';
    url.port = `${address.port}`;
    const proxy = new TcpProxy(server, url.href, new URL(target));
    server.on('connection', (client) => proxy.#accept(client));
    return proxy;
  }

  /**
   * Passes on to another server from now on, as an address that moves does: connections that are
   * open stay where they are.
   */
  moveTo(target: string): void {
    this.#target = new URL(target);
  }

  /** Connections that are open through it now. */
  get connections(): number {
    return this.#links.size;
  }

  /** Connections that were made to it so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Nothing passes any more, in neither direction, and nothing is cut: a network that is gone. */
  pause(): void {
    this.#isPaused = true;
    for (const link of this.#links) link.pause();
  }

  resume(): void {
    this.#isPaused = false;
    for (const link of this.#links) link.resume();
  }

  /** Cuts every connection now. */
  cutAll(): void {
    for (const link of this.#links) link.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cutAll();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    const { hostname, port } = this.#target;
    const server = tcpConnect({ host: hostname, port: Number(port || 5432) });
    const link = new Link(client, server, {
      choose: (sql) => this.#choose(sql),
      ended: () => this.#links.delete(link),
    });
    this.#links.add(link);
    if (this.#isPaused) link.pause();
  }

  #choose(sql: string): Cut | undefined {
    const cut = this.choose({ sql, index: this.#requests });
    this.#requests += 1;
    if (cut !== undefined) this.cuts.push({ sql, cut });
    return cut;
  }
}

interface LinkHost {
  choose(sql: string): Cut | undefined;
  ended(): void;
}

/** One client's connection, and its counterpart on the other side. */
class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #host: LinkHost;
  readonly #requests = new RequestReader();
  /** What is to happen to the answers that are still to come, the next one first. */
  readonly #awaited: (Cut | undefined)[] = [];
  #answer: Buffer[] = [];

  constructor(client: Socket, server: Socket, host: LinkHost) {
    this.#client = client;
    this.#server = server;
    this.#host = host;
    const fromClient = new MessageReader('with start-up');
    const fromServer = new MessageReader('with messages');
    client.on('data', (chunk) => {
      for (const message of fromClient.read(chunk)) {
        if (isEncryptionRequest(message)) client.write('N');
        else this.#ask(this.#requests.take(message));
      }
    });
    server.on('data', (chunk) => {
      for (const { type, bytes } of fromServer.read(chunk)) this.#pass(type, bytes);
    });
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.destroy());
      socket.on('close', () => this.destroy());
    }
  }

  pause(): void {
    this.#client.pause();
    this.#server.pause();
  }

  resume(): void {
    this.#client.resume();
    this.#server.resume();
  }

  destroy(): void {
    this.#host.ended();
    this.#client.destroy();
    this.#server.destroy();
  }

  #ask(request: { readonly bytes: Buffer; readonly sql?: string | undefined } | undefined): void {
    if (request === undefined || this.#client.destroyed) return;
    const { bytes, sql } = request;
    const cut = sql === undefined ? undefined : this.#host.choose(sql);
    if (cut === 'requestLost') this.destroy();
    else if (cut === 'requestHalved') this.#writeAndCut(this.#server, half(bytes));
    else if (cut === 'cutAtOnce') this.#writeAndCut(this.#server, bytes);
    else {
      if (sql !== undefined) this.#awaited.push(cut);
      this.#server.write(bytes);
    }
  }

  /** Passes an answer on, or keeps it until it is whole and its fate is due. */
  #pass(type: string, bytes: Buffer): void {
    const cut = this.#awaited[0];
    if (cut === undefined) this.#client.write(bytes);
    else this.#answer.push(bytes);
    // ReadyForQuery. One comes after the start-up as well, when nothing is awaited.
    if (type !== 'Z') return;
    this.#awaited.shift();
    const answer = Buffer.concat(this.#answer);
    this.#answer = [];
    if (cut === 'answerLost') this.destroy();
    if (cut === 'answerHalved') this.#writeAndCut(this.#client, half(answer));
  }

  #writeAndCut(socket: Socket, bytes: Buffer): void {
    socket.write(bytes, () => this.destroy());
  }
}

function half(bytes: Buffer): Buffer {
  return bytes.subarray(0, Math.ceil(bytes.length / 2));
}
