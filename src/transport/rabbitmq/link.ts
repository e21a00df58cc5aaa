import type { OrderchartError } from '../../errors.ts';
import { reconnectDelayMs } from '../backoff.ts';
import { within } from '../within.ts';
import { type Broker, brokersOf } from './broker.ts';
import { type Connection, openConnection } from './connection.ts';
import { toTransportError, transportClosed, unavailable } from './failure.ts';
import type { RabbitmqSettings } from './options.ts';

/** Something that is set up on each connection, and ends with it. */
export interface Session {
  /** Called when the connection is gone. Nothing more can be sent. */
  lost(error: OrderchartError): void;
  /** Resolves when everything sent so far has been passed to the connection. */
  flush(): Promise<void>;
}

/** Options of a {@link Link}. */
export interface LinkOptions<Own extends Session> {
  readonly settings: RabbitmqSettings;
  /** Sets up a session on a new connection. If it rejects, the connection is closed. */
  readonly setUp: (connection: Connection) => Promise<Own>;
  /** Called for each lost connection, and each failed attempt to reconnect. */
  readonly onError?: (error: OrderchartError) => void;
}

/** Maintains one connection to the broker, and keeps reconnecting until it succeeds. */
export class Link<Own extends Session> {
  readonly #options: LinkOptions<Own>;
  readonly #brokers: readonly Broker[];
  readonly #place: string;
  #connection: Connection | undefined;
  #session: Own | undefined;
  #lastError: OrderchartError | undefined;
  #timer: NodeJS.Timeout | undefined;
  #connecting: Promise<void> | undefined;
  /** Attempts since the last connection, which determine the delay and the broker. */
  #attempts = 0;
  #isClosed = false;

  constructor(options: LinkOptions<Own>) {
    this.#options = options;
    this.#brokers = brokersOf(options.settings);
    this.#place = this.#brokers.map(({ place }) => place).join(', ');
  }

  /** The session of the current connection. */
  get session(): Own | undefined {
    return this.#session;
  }

  /** Why there is no session. */
  get error(): OrderchartError {
    return this.#lastError ?? unavailable(this.#place, 'not connected yet');
  }

  /** Makes the first connection. Tries each broker once. */
  async open(): Promise<void> {
    for (const _ of this.#brokers) {
      try {
        await this.#connect();
        return;
      } catch (error) {
        this.#lastError = toTransportError(error, this.#place, 'connecting');
      }
    }
    throw this.error;
  }

  /** Aborts the current connection. The link reconnects. */
  abort(reason: Error): void {
    this.#connection?.abort(reason);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#connecting?.catch(() => undefined);
    const connection = this.#connection;
    const session = this.#session;
    this.#connection = undefined;
    this.#endSession(transportClosed(this.#place));
    await connection?.close(() => session?.flush() ?? Promise.resolve());
  }

  #connect(): Promise<void> {
    this.#connecting = this.#connectOnce().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connectOnce(): Promise<void> {
    const { settings, setUp } = this.#options;
    const { connectTimeoutMs } = settings;
    const broker = this.#brokers[this.#attempts % this.#brokers.length];
    this.#attempts += 1;
    if (broker === undefined) throw this.error;
    let failure: Error | undefined;
    const loss = Promise.withResolvers<never>();
    loss.promise.catch(() => undefined);
    const connection = await openConnection(broker, connectTimeoutMs, (error) => {
      failure = error;
      loss.reject(error);
      if (this.#connection === connection) this.#onLost(error);
    });
    try {
      // Calls on a connection that ends may never be answered.
      const settingUp = Promise.race([setUp(connection), loss.promise]);
      const session = await within(settingUp, connectTimeoutMs);
      if (failure !== undefined) throw failure;
      if (this.#isClosed) throw transportClosed(this.#place);
      this.#session = session;
      this.#connection = connection;
      this.#attempts = 0;
    } catch (error) {
      await connection.close();
      throw failure ?? error;
    }
  }

  #onLost(error: Error): void {
    this.#connection = undefined;
    const failure = toTransportError(error, this.#place, 'connected');
    this.#endSession(failure);
    this.#tell(failure);
    this.#reconnectLater();
  }

  #reconnectLater(): void {
    if (this.#isClosed) return;
    const delayMs = reconnectDelayMs(this.#options.settings, this.#attempts + 1);
    this.#timer = setTimeout(() => {
      this.#connect().catch((error: unknown) => {
        if (this.#isClosed) return;
        this.#tell(toTransportError(error, this.#place, 'connecting again'));
        this.#reconnectLater();
      });
    }, delayMs);
  }

  #endSession(error: OrderchartError): void {
    const session = this.#session;
    this.#session = undefined;
    session?.lost(error);
  }

  #tell(error: OrderchartError): void {
    this.#lastError = error;
    this.#options.onError?.(error);
  }
}
