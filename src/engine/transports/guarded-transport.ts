import { type ErrorCode, isOrderchartError, OrderchartError } from '../../errors.ts';
import type {
  ConsumeOptions,
  Consumption,
  Delivery,
  PublishResult,
  Transport,
  TransportMessage,
} from '../../transport/transport.ts';

/** The codes that an adapter may throw. */
const transportCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'transportUnavailable',
  'transportRefused',
  'transportClosed',
  'transportDefect',
]);

/**
 * A transport as the engine uses it: opened once, closed once, and not called afterwards. Its
 * `publish` never rejects, returns a result for every message, and has one message of a key in
 * flight at a time, also when two subscriptions publish to the same transport.
 */
export class GuardedTransport {
  readonly #transport: Transport;
  /** The call of `publish` that each key is in. */
  readonly #inFlight = new Map<string, Promise<unknown>>();
  #opening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get name(): string {
    return this.#transport.name;
  }

  /** Whether a nacked message is redelivered; otherwise it may be lost. */
  get redelivers(): boolean {
    return this.#transport.features?.redelivers === true;
  }

  /** Opens the transport once; a failed attempt may be repeated. */
  open(): Promise<void> {
    this.#opening ??= this.#guarded(() => this.#transport.open()).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async publish(messages: readonly TransportMessage[]): Promise<readonly PublishResult[]> {
    for (;;) {
      const call = messages
        .values()
        .map(({ key }) => this.#inFlight.get(key))
        .find(Boolean);
      if (call === undefined) break;
      await call;
    }
    const calling = this.#publish(messages);
    for (const { key } of messages) this.#inFlight.set(key, calling);
    const results = await calling;
    for (const { key } of messages) this.#inFlight.delete(key);
    return results;
  }

  consume(options: ConsumeOptions): Promise<Consumption> {
    return this.#guarded(async () => {
      const consumption = await this.#transport.consume?.({
        ...options,
        deliver: (delivery) => this.#deliver(delivery, options),
      });
      if (consumption === undefined) throw this.#defect('returned no consumption');
      if (this.#closing !== undefined) {
        // Closed in the meantime: no other code ends it, and the transport's close may have been too early.
        void endConsumption(consumption);
        throw this.#closed();
      }
      return {
        stop: () => this.#guarded(() => consumption.stop()),
        close: () => this.#guarded(() => consumption.close()),
      };
    });
  }

  /** Passes a delivery on, unless the transport is closed. */
  #deliver(delivery: Delivery, options: ConsumeOptions): void {
    if (this.#closing !== undefined) return;
    options.deliver({
      message: delivery.message,
      attempt: delivery.attempt,
      ack: () => this.#guarded(() => delivery.ack()),
      nack: (delayMs) => this.#guarded(() => delivery.nack(delayMs)),
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#named(() => this.#transport.close());
    return this.#closing;
  }

  async #publish(messages: readonly TransportMessage[]): Promise<readonly PublishResult[]> {
    try {
      const results: unknown = await this.#guarded(() => this.#transport.publish(messages));
      return this.#checked(results, messages.length);
    } catch (error) {
      return messages.map(() => ({ status: 'failed', error }));
    }
  }

  #checked(results: unknown, count: number): readonly PublishResult[] {
    if (!Array.isArray(results) || results.length !== count) {
      throw this.#defect('did not return a result for every message of a batch');
    }
    return results.map((result: unknown) => this.#checkedOne(result));
  }

  #checkedOne(result: unknown): PublishResult {
    const { status, reason, error } = Object(result) as Record<string, unknown>;
    switch (status) {
      case 'published':
        return { status };
      case 'refused':
        return { status, reason: String(reason) };
      case 'failed':
        return { status, error: this.#errorOf(error) };
      default:
        return { status: 'failed', error: this.#defect('returned an invalid result') };
    }
  }

  async #guarded<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) throw this.#closed();
    return this.#named(call);
  }

  async #named<Result>(call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (error) {
      throw this.#errorOf(error);
    }
  }

  /** Wraps a foreign error, so that it cannot be mistaken for one of a handler. */
  #errorOf(cause: unknown): OrderchartError {
    if (isOrderchartError(cause) && transportCodes.has(cause.code)) return cause;
    return new OrderchartError(
      'transportUnavailable',
      `The transport '${this.name}' failed; see the cause.`,
      { cause },
    );
  }

  #closed(): OrderchartError {
    return new OrderchartError('transportClosed', `The transport '${this.name}' is closed.`);
  }

  #defect(what: string): OrderchartError {
    return new OrderchartError('transportDefect', `The transport '${this.name}' ${what}.`);
  }
}

/** Ends a consumption. Ignores failures, because its caller gets `transportClosed` anyway. */
async function endConsumption(consumption: Consumption): Promise<void> {
  try {
    await consumption.stop();
    await consumption.close();
  } catch {
    // The transport is closed, so no message can be returned any more.
  }
}
