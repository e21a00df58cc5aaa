import { OrderchartError } from '../errors.ts';
import type {
  ConsumeOptions,
  Consumption,
  PublishResult,
  Transport,
  TransportFeatures,
  TransportMessage,
} from './transport.ts';

/** What is particular to a broker; {@link defineTransport} makes a transport of it. */
export interface TransportDriver {
  /** For logs and errors: `nats`, `sqs`... */
  readonly name: string;
  /** Read again each time: some servers say only after `open` how large a body may be. */
  readonly features: TransportFeatures;
  /** Connects. Lets go of everything before it rejects, since it may be called again. */
  open(): Promise<void>;
  /** Publishes messages that are small enough, and answers each, in their order. */
  publish(messages: readonly TransportMessage[]): Promise<readonly PublishResult[]>;
  /** Makes a consumption that has not begun. Left out by a transport that only publishes. */
  readonly consume?: ((options: ConsumeOptions) => DriverConsumption) | undefined;
  /** Lets go of every resource. Nothing is being published or consumed any more. */
  close(): Promise<void>;
}

/** A consumption that is told when to begin. */
export interface DriverConsumption extends Consumption {
  /** Begins to deliver. When it rejects, the consumption is closed. */
  begin(): Promise<void>;
}

/**
 * Makes a transport of a driver. It does what is the same for every broker: it refuses calls before
 * `open` and after `close`, and bodies that are too large; `close` ends the consumptions and waits
 * for what is being published before it closes the driver, and does so once.
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
    // Now: what the caller does to the messages until they are answered changes nothing.
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
    // Answers come or time out, so this ends.
    await Promise.allSettled([...ending, ...this.#publishing]);
    await this.#driver.close();
  }

  async #consume(
    make: (options: ConsumeOptions) => DriverConsumption,
    options: ConsumeOptions,
  ): Promise<Consumption> {
    this.#checkOpen();
    const consumption = make(options);
    // Before it has begun, so that a `close` meanwhile ends it as well.
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
    `The transport '${name}' gave fewer answers than it was given messages.`,
  );
  return { status: 'failed', error };
}
