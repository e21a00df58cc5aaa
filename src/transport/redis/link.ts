import { Redis, type RedisOptions } from 'ioredis';
import { reconnectDelayMs } from '../backoff.ts';
import { closed, toTransportError, unavailable } from './errors.ts';
import type { RedisSettings } from './options.ts';

/** An argument of a command. */
export type Argument = string | number | Buffer;

/** Called when the connection is lost, and when it is back. */
export interface LinkListener {
  readonly down?: (error: unknown) => void;
  readonly up?: () => void;
}

/** Settings on which the guarantees depend; those of the host do not apply. */
const ownOptions = {
  lazyConnect: true,
  monitor: false,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  reconnectOnError: null,
  // A lost connection fails the commands in flight.
  maxRetriesPerRequest: 0,
  // Two commands of one turn must be sent in their order.
  enableAutoPipelining: false,
  // Replies look the same for every version of the server.
  protocol: 2,
  replyMapping: 'legacy',
  stringNumbers: false,
  disableClientInfo: true,
} as const satisfies RedisOptions;

/** The client options that depend on the link. */
type LinkOptions = Pick<RedisOptions, 'connectTimeout' | 'commandTimeout' | 'retryStrategy'>;

function newClient(settings: RedisSettings, options: LinkOptions): Redis {
  const { url, client, username, password, clientOptions } = settings;
  const own = { ...ownOptions, ...options };
  if (client !== undefined) {
    return client.duplicate({ ...own, keyPrefix: '', blockingTimeout: undefined });
  }
  return new Redis(url ?? '', {
    ...clientOptions,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...own,
  });
}

/**
 * A connection to Redis, which keeps reconnecting until it succeeds. Without a connection commands
 * fail immediately, and a command whose answer was lost is not sent again. By default the client
 * queues and resends commands, which could publish a message twice, or an older one behind a newer
 * one.
 */
export class Link {
  readonly #settings: RedisSettings;
  readonly #client: Redis;
  readonly #listeners = new Set<LinkListener>();
  #isOpen = false;
  #isClosed = false;
  #lastError: unknown;

  /**
   * @param patienceMs How much longer than `timeoutMs` an answer may take, for blocking commands.
   */
  constructor(settings: RedisSettings, patienceMs = 0) {
    this.#settings = settings;
    this.#client = newClient(settings, {
      connectTimeout: settings.timeoutMs,
      commandTimeout: settings.timeoutMs + patienceMs,
      retryStrategy: (attempt) =>
        this.#isOpen ? reconnectDelayMs({ ...settings, reconnectDelayMs: 50 }, attempt) : null,
    });
    // Without a listener the client prints errors to the console.
    this.#client.on('error', (error) => {
      this.#lastError = error;
    });
    this.#client.on('close', () => this.#tellDown());
    this.#client.on('ready', () => this.#tellUp());
  }

  /** The address of the server, for messages. It contains no credentials. */
  get place(): string {
    const { url } = this.#settings;
    if (url !== undefined) return new URL(url).host;
    const { path, host, port } = this.#client.options;
    return path ?? `${host}:${port}`;
  }

  get isUp(): boolean {
    return this.#client.status === 'ready';
  }

  /** Connects. Rejects if that fails, unless `persists` is set: then it keeps trying. */
  async open({ persists = false } = {}): Promise<void> {
    this.#isOpen = persists;
    this.#lastError = undefined;
    try {
      await this.#client.connect();
      this.#isOpen = true;
    } catch (error) {
      const cause = this.#lastError ?? error;
      if (!persists) throw toTransportError(cause, `cannot connect to ${this.place}`);
    }
  }

  /** Runs a command whose reply is returned as strings. */
  call(command: string, ...args: readonly Argument[]): Promise<unknown> {
    return this.#answer(command, () => this.#client.call(command, [...args]));
  }

  /** Runs a command whose reply is returned as buffers. */
  callBuffer(command: string, ...args: readonly Argument[]): Promise<unknown> {
    return this.#answer(command, () => this.#client.callBuffer(command, [...args]));
  }

  listen(listener: LinkListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reconnects, when the server hangs or is the wrong one. */
  renew(): void {
    this.#client.disconnect(true);
  }

  /** Releases the connection without reconnecting. It can be opened again. */
  async disconnect(): Promise<void> {
    this.#isOpen = false;
    const { status } = this.#client;
    if (status === 'wait' || status === 'end') return;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#client.once('end', resolve);
    this.#client.disconnect();
    await ended;
  }

  close(): void {
    this.#isClosed = true;
    this.#client.disconnect();
  }

  async #answer(command: string, send: () => Promise<unknown>): Promise<unknown> {
    if (this.#isClosed) throw closed();
    if (!this.isUp) throw this.#lost();
    try {
      return await send();
    } catch (error) {
      // A server that hangs keeps the connection open. Only a new one shows when it is back.
      if (error instanceof Error && error.message === 'Command timed out') this.renew();
      throw toTransportError(error, `${command} at ${this.place} failed`);
    }
  }

  #tellDown(): void {
    if (!this.#isOpen || this.#isClosed) return;
    for (const { down } of this.#listeners) down?.(this.#lost());
  }

  #tellUp(): void {
    this.#lastError = undefined;
    for (const { up } of this.#listeners) up?.();
  }

  #lost(): Error {
    return unavailable(`not connected to ${this.place}. Reconnecting.`);
  }
}
