import { setTimeout as pause } from 'node:timers/promises';
import {
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { reconnectDelayMs } from '../backoff.ts';
import { within } from '../within.ts';
import { closed, toTransportError, unavailable } from './errors.ts';
import type { ClientOptions, NatsSettings } from './options.ts';

/** The server's `max_payload` counts headers too; so much is kept for them. */
const headersBytes = 65_536;
const defaultMaximumPayload = 1_048_576;

/** A connection, and JetStream by way of it. */
export interface Live {
  readonly connection: NatsConnection;
  readonly stream: JetStreamClient;
  readonly manager: JetStreamManager;
}

/** Status events of a connection. The client can stop them, but does not declare it. */
type Statuses = ReturnType<NatsConnection['status']> & { readonly stop?: () => void };

/** Hears when the connection is lost and when there is one again. */
export interface LinkListener {
  readonly down: (error: unknown) => void;
  readonly up: () => void;
}

/**
 * The connection to NATS, made again for as long as it takes. While there is none, whatever needs
 * it fails at once: the client alone would keep requests until they time out, and send what it was
 * given while it was connecting, long after the caller was told that it failed.
 */
export class Link {
  readonly #settings: NatsSettings;
  /** The connection of the host, which the transport must not close. */
  readonly #given: NatsConnection | undefined;
  readonly #listeners = new Set<LinkListener>();
  /** Ends what waits for an answer that cannot come any more. */
  readonly #running = new Set<(error: unknown) => void>();
  readonly #closing = new AbortController();
  #live: Live | undefined;
  #statuses: Statuses | undefined;
  #maximumPayload = defaultMaximumPayload;
  #isUp = false;
  /** Attempts to connect since the last connection, and the pause before the next. */
  #attempts = 0;
  #delayMs = 0;

  constructor(settings: NatsSettings) {
    this.#settings = settings;
    this.#given = settings.connection as NatsConnection | undefined;
  }

  /** For messages: the servers, never who we are to them. */
  get place(): string {
    if (this.#given !== undefined) return 'the server of `connection`';
    return this.#settings.url.join(', ');
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get inboxPrefix(): string | undefined {
    // The connection has its options, but does not declare them.
    const { options } = (this.#given ?? {}) as { readonly options?: ClientOptions };
    return (options ?? this.#settings.clientOptions).inboxPrefix;
  }

  /**
   * What the server last said, also while it is away: less would refuse for good what it takes as
   * soon as it is back. Before the first connection, its default.
   */
  get maximumBodyBytes(): number {
    return Math.max(0, this.#maximumPayload - headersBytes);
  }

  async open(): Promise<void> {
    try {
      await this.#adopt(this.#given ?? (await this.#connect()));
      // A connection of the host may be down. Without this check, requests would wait for it.
      if (this.#given !== undefined) await within(this.#given.flush(), this.#settings.timeoutMs);
    } catch (error) {
      throw toTransportError(error, `cannot connect to ${this.place}`);
    }
  }

  /** Does something over the connection; rejects as soon as there is none. */
  run<T>(work: (live: Live) => Promise<T>): Promise<T> {
    const live = this.#live;
    if (this.#closing.signal.aborted) return Promise.reject(closed());
    if (live === undefined || !this.#isUp) return Promise.reject(this.#lost());
    return new Promise<T>((resolve, reject) => {
      this.#running.add(reject);
      work(live)
        .then(resolve, reject)
        .finally(() => this.#running.delete(reject));
    });
  }

  /** Sends something that needs no answer; without a connection it is left out. */
  send(subject: string, payload: string, reply?: string): void {
    const connection = this.current()?.connection;
    if (connection === undefined || connection.isClosed()) return;
    connection.publish(subject, payload, reply === undefined ? {} : { reply });
  }

  /** The connection, if there is one now. */
  current(): Live | undefined {
    return this.#isUp ? this.#live : undefined;
  }

  listen(listener: LinkListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Lets go of the connection without making it again; it can be opened again. */
  async disconnect(): Promise<void> {
    const live = this.#live;
    this.#isUp = false;
    this.#live = undefined;
    if (live !== undefined) await this.#release(live.connection);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.disconnect();
    this.#fail(closed());
  }

  #connect(): Promise<NatsConnection> {
    const { url, user, password, token, clientOptions, timeoutMs } = this.#settings;
    return connect({
      ...clientOptions,
      servers: [...url],
      ...(user === undefined ? {} : { user, pass: password ?? '' }),
      ...(token === undefined ? {} : { token }),
      timeout: timeoutMs,
      reconnect: true,
      maxReconnectAttempts: -1,
      waitOnFirstConnect: false,
      // Credentials may be wrong for a moment, while they are changed; giving up would be for ever.
      ignoreAuthErrorAbort: true,
      reconnectDelayHandler: () => this.#delayMs,
      // A server that hangs without closing the connection is noticed after two of these.
      pingInterval: 10_000,
      maxPingOut: 2,
      // Else every request takes the trace of a stack with it.
      noAsyncTraces: true,
    });
  }

  async #adopt(connection: NatsConnection): Promise<void> {
    const options = { timeout: this.#settings.timeoutMs, checkAPI: false };
    const manager = await jetstreamManager(connection, options).catch(async (error: unknown) => {
      await this.#release(connection);
      throw error;
    });
    if (this.#closing.signal.aborted) return this.#release(connection);
    this.#live = { connection, manager, stream: jetstream(connection, options) };
    this.#markUp();
    void this.#watch(connection);
  }

  /** Closes a connection that the transport made, and stops listening to one of the host. */
  async #release(connection: NatsConnection): Promise<void> {
    this.#statuses?.stop?.();
    if (connection !== this.#given) await connection.close();
  }

  async #watch(connection: NatsConnection): Promise<void> {
    const statuses: Statuses = connection.status();
    this.#statuses = statuses;
    for await (const { type } of statuses) {
      if (type === 'disconnect') this.#markDown();
      if (type === 'reconnecting') this.#nextAttempt();
      if (type === 'reconnect') this.#markUp();
    }
    if (this.#live?.connection === connection) await this.#ended(await connection.closed());
  }

  /** The client reconnects by itself, except after errors that it considers final. */
  async #ended(error: unknown): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#live = undefined;
    this.#markDown(error);
    // Only the host can replace its connection.
    if (this.#given !== undefined) return;
    while (!this.#closing.signal.aborted) {
      this.#nextAttempt();
      try {
        await pause(this.#delayMs, undefined, { signal: this.#closing.signal });
        return await this.#adopt(await this.#connect());
      } catch {
        // Told already: nothing is up, and the next attempt follows.
      }
    }
  }

  #nextAttempt(): void {
    this.#attempts += 1;
    const policy = { ...this.#settings, reconnectDelayMs: 50 };
    this.#delayMs = reconnectDelayMs(policy, this.#attempts);
  }

  #markUp(): void {
    this.#maximumPayload = this.#live?.connection.info?.max_payload ?? this.#maximumPayload;
    this.#attempts = 0;
    this.#delayMs = 0;
    this.#isUp = true;
    for (const { up } of this.#listeners) up();
  }

  #markDown(cause?: unknown): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    const error = this.#lost(cause);
    this.#fail(error);
    for (const { down } of this.#listeners) down(error);
  }

  #fail(error: unknown): void {
    for (const reject of this.#running) reject(error);
    this.#running.clear();
  }

  #lost(cause?: unknown): Error {
    const what =
      this.#given?.isClosed() === true
        ? 'the `connection` of the host is closed. Create another transport with a new one.'
        : `not connected to ${this.place}. Reconnecting.`;
    return unavailable(what, cause);
  }
}
