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

/** Reserved for headers, which count towards the server's `max_payload`. */
const headersBytes = 65_536;
const defaultMaximumPayload = 1_048_576;

/** A connection, and JetStream over it. */
export interface Live {
  readonly connection: NatsConnection;
  readonly stream: JetStreamClient;
  readonly manager: JetStreamManager;
}

/** Status events of a connection. The client can stop them, but does not declare it. */
type Statuses = ReturnType<NatsConnection['status']> & { readonly stop?: () => void };

/** Called when the connection is lost, and when it is back. */
export interface LinkListener {
  readonly down: (error: unknown) => void;
  readonly up: () => void;
}

/**
 * The connection to NATS, which keeps reconnecting until it succeeds. Without a connection all calls
 * fail immediately. The client alone would hold requests until they time out, and send them on
 * reconnecting, long after their callers saw them fail.
 */
export class Link {
  readonly #settings: NatsSettings;
  /** The connection of the host, which the transport must not close. */
  readonly #given: NatsConnection | undefined;
  readonly #listeners = new Set<LinkListener>();
  /** Rejects the calls in flight, whose answers cannot arrive any more. */
  readonly #running = new Set<(error: unknown) => void>();
  readonly #closing = new AbortController();
  #live: Live | undefined;
  #statuses: Statuses | undefined;
  #maximumPayload = defaultMaximumPayload;
  #isUp = false;
  /** Attempts since the last connection, and the delay before the next one. */
  #attempts = 0;
  #delayMs = 0;

  constructor(settings: NatsSettings) {
    this.#settings = settings;
    this.#given = settings.connection as NatsConnection | undefined;
  }

  /** The servers, for error messages. It contains no credentials. */
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
   * The last limit reported by the server, even while it is unreachable: a lower one would permanently
   * refuse messages that the server accepts when it is back. Before the first connection, the server's
   * default.
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

  /** Runs work on the connection. Rejects as soon as the connection is lost. */
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

  /** Sends a message without an answer. Does nothing without a connection. */
  send(subject: string, payload: string, reply?: string): void {
    const connection = this.current()?.connection;
    if (connection === undefined || connection.isClosed()) return;
    connection.publish(subject, payload, reply === undefined ? {} : { reply });
  }

  /** Returns the connection if it is up. */
  current(): Live | undefined {
    return this.#isUp ? this.#live : undefined;
  }

  listen(listener: LinkListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Releases the connection without reconnecting. It can be opened again. */
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
      // Credentials may be invalid for a moment while they are rotated. The client would never
      // retry.
      ignoreAuthErrorAbort: true,
      reconnectDelayHandler: () => this.#delayMs,
      // A server that hangs without closing the connection is noticed after two missed pings.
      pingInterval: 10_000,
      maxPingOut: 2,
      // Otherwise every request captures a stack trace.
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
        // Listeners already know that the connection is down. The next attempt follows.
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
