import { OrderchartError } from '../errors.ts';
import type {
  ConsumeOptions,
  Consumption,
  PublishResult,
  Transport,
  TransportFeatures,
  TransportMessage,
} from './transport.ts';

/** The part of a transport that is specific to a broker. {@link defineTransport} does the rest. */
export interface TransportDriver {
  /** The name in logs and errors: `nats`, `sqs`... */
  readonly name: string;
  /** Read on each use, because some servers report the largest body only after `open`. */
  readonly features: TransportFeatures;
  /** Connects. Must release everything before it rejects, since it may be called again. */
  open(): Promise<void>;
  /** Publishes messages that are small enough, and returns a result for each, in their order. */
  publish(messages: readonly TransportMessage[]): Promise<readonly PublishResult[]>;
  /** Creates a consumption that has not begun. Missing in a transport that only publishes. */
  readonly consume?: ((options: ConsumeOptions) => DriverConsumption) | undefined;
  /** Releases every resource. No publishing and no consumption is left at that time. */
  close(): Promise<void>;
}

/** A consumption that starts when `begin` is called. */
export interface DriverConsumption extends Consumption {
  /** Starts to deliver. A consumption whose `begin` rejected must have closed itself. */
  begin(): Promise<void>;
}

/**
 * Creates a transport from a driver. It does the work common to all brokers: it rejects calls
 * before `open` and after `close`, and refuses bodies that are too large. `close` ends the
 * consumptions and waits for messages in flight before it closes the driver, once.
 *
 * @example
 * const transport = defineTransport({
 *   name: 'sqs',
 *   features,
 *   open: () => connect(),
 *   publish: (messages) => send(messages),
 *   consume: (options) => new QueueConsumption(options),
 *   close: () => disconnect(),
 * });
 */
export function defineTransport(driver: TransportDriver): Transport {
  return new DefinedTransport(driver);
}

class DefinedTransport implements Transport {
  readonly name: string;
  readonly consume?: (options: ConsumeOptions) => Promise<Consumption>;
  readonly #driver: TransportDriver;
  readonly #consumptions = new Set<DriverConsumption>();
  readonly #publishing = new Set<Promise<unknown>>();
  #state: 'new' | 'open' | 'closed' = 'new';
  #closing: Promise<void> | undefined;

  constructor(driver: TransportDriver) {
    this.name = driver.name;
    this.#driver = driver;
    const { consume } = driver;
    if (consume) this.consume = (options) => this.#consume(consume, options);
  }

  get features(): TransportFeatures {
    return this.#driver.features;
  }

  async open(): Promise<void> {
    if (this.#state === 'open') return;
    this.#checkNotClosed();
    await this.#driver.open();
    this.#checkNotClosed();
    this.#state = 'open';
  }

  async publish(messages: readonly TransportMessage[]): Promise<readonly PublishResult[]> {
    this.#checkOpen();
    const { maximumBodyBytes } = this.features;
    // Read now, because the caller may change the messages before they are answered.
    const fits = messages.map(({ body }) => body.byteLength <= maximumBodyBytes);
    const fitting = messages.filter((_, index) => fits[index]);
    const publishing = fitting.length > 0 ? this.#driver.publish(fitting) : Promise.resolve([]);
    this.#publishing.add(publishing);
    try {
      const answers = (await publishing).values();
      return fits.map((isFit) =>
        isFit ? (answers.next().value ?? unanswered(this.name)) : tooLarge(maximumBodyBytes),
      );
    } finally {
      this.#publishing.delete(publishing);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#state = 'closed';
    const ending = [...this.#consumptions].map((consumption) => consumption.close());
    // Terminates, because every message is answered or times out.
    await Promise.allSettled([...ending, ...this.#publishing]);
    await this.#driver.close();
  }

  async #consume(
    make: (options: ConsumeOptions) => DriverConsumption,
    options: ConsumeOptions,
  ): Promise<Consumption> {
    this.#checkOpen();
    const consumption = make(options);
    // Added before it begins, so that a `close` in between ends it too.
    this.#consumptions.add(consumption);
    try {
      await consumption.begin();
    } catch (error) {
      this.#consumptions.delete(consumption);
      throw error;
    }
    return {
      stop: () => consumption.stop(),
      close: async () => {
        await consumption.close();
        this.#consumptions.delete(consumption);
      },
    };
  }

  #checkOpen(): void {
    if (this.#state !== 'open') throw notOpen(this.name);
  }

  #checkNotClosed(): void {
    if (this.#state === 'closed') throw notOpen(this.name);
  }
}

function notOpen(name: string): OrderchartError {
  return new OrderchartError(
    'transportClosed',
    `The transport '${name}' is not open. Open it first; a closed one cannot be used again.`,
    { details: { transport: name } },
  );
}

function tooLarge(maximumBodyBytes: number): PublishResult {
  return { status: 'refused', reason: `The body is larger than ${maximumBodyBytes} bytes.` };
}

function unanswered(name: string): PublishResult {
  const error = new OrderchartError(
    'transportUnavailable',
    `The driver of the transport '${name}' returned fewer results than it was passed messages.`,
  );
  return { status: 'failed', error };
}
