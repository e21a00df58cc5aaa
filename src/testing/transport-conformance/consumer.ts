import assert from 'node:assert/strict';
import type {
  Consumption,
  Delivery,
  Transport,
  TransportMessage,
} from '../../transport/transport.ts';
import { eventually, within } from './waiting.ts';

/** Options of {@link startConsumer}. By default everything is acked immediately. */
export interface ConsumerOptions {
  /** The transport that it consumes from. */
  readonly transport?: Transport;
  /** The most deliveries in flight. */
  readonly maximumInFlight?: number;
  /** `hold` answers nothing; a function answers each delivery itself. Default `ack`. */
  readonly handle?: 'ack' | 'hold' | ((delivery: Delivery, consumer: Consumer) => void);
}

/** A consumer that records all deliveries. */
export interface Consumer {
  /** The consumption of the transport. */
  readonly consumption: Consumption;
  /** The `maximumInFlight` of the consumption. */
  readonly maximumInFlight: number;
  /** Everything delivered so far, including repetitions. */
  readonly deliveries: readonly Delivery[];
  /** The messages of the deliveries. */
  readonly messages: readonly TransportMessage[];
  /** Deliveries in flight: neither acked nor nacked. */
  readonly inFlight: ReadonlySet<Delivery>;
  /** The ids of acked messages, whether or not the ack reached the broker. */
  readonly acked: ReadonlySet<string>;
  /** The most deliveries that were in flight at the same time. */
  readonly mostInFlight: number;
  /** The errors passed to `onError`. */
  readonly errors: readonly unknown[];
  /** Acks. Resolves to whether the ack reached the broker. */
  ack(delivery: Delivery): Promise<boolean>;
  /** Nacks. Resolves to whether the nack reached the broker. */
  nack(delivery: Delivery, delayMs?: number): Promise<boolean>;
  /** Waits for `count` deliveries, and returns all deliveries so far. */
  untilCount(count: number): Promise<readonly Delivery[]>;
  /** Waits until each of these messages has arrived, and returns all deliveries so far. */
  untilAll(expected: readonly TransportMessage[]): Promise<readonly Delivery[]>;
  /** Waits until `count` deliveries are in flight. */
  untilInFlight(count: number): Promise<void>;
  /** Acks everything in flight and everything that arrives, until each of these messages is acked. */
  drain(expected: readonly TransportMessage[]): Promise<void>;
  /** Waits until every ack and nack so far has settled. */
  settled(): Promise<void>;
  /** Stops and closes the consumption. */
  end(): Promise<void>;
}

/** Starts consuming from `transport`. */
export async function startConsumer(
  transport: Transport,
  { maximumInFlight = 100, handle = 'ack' }: ConsumerOptions,
  patienceMs: number,
): Promise<Consumer> {
  assert.ok(transport.consume, 'the features say that the transport consumes');
  const consumer = new RecordingConsumer(maximumInFlight, handle, patienceMs);
  const { deliver, onError } = consumer;
  const consuming = transport.consume({ maximumInFlight, deliver, onError });
  consumer.consumption = await within('`consume` settles', consuming, patienceMs);
  return consumer;
}

class RecordingConsumer implements Consumer {
  readonly maximumInFlight: number;
  readonly deliveries: Delivery[] = [];
  readonly inFlight = new Set<Delivery>();
  readonly acked = new Set<string>();
  readonly errors: unknown[] = [];
  mostInFlight = 0;
  readonly #settlements: Promise<boolean>[] = [];
  #handle: NonNullable<ConsumerOptions['handle']>;
  readonly #patienceMs: number;
  #consumption: Consumption | undefined;

  constructor(
    maximumInFlight: number,
    handle: NonNullable<ConsumerOptions['handle']>,
    patienceMs: number,
  ) {
    this.maximumInFlight = maximumInFlight;
    this.#handle = handle;
    this.#patienceMs = patienceMs;
  }

  get consumption(): Consumption {
    assert.ok(this.#consumption, '`consume` has resolved');
    return this.#consumption;
  }

  set consumption(consumption: Consumption) {
    this.#consumption = consumption;
  }

  get messages(): readonly TransportMessage[] {
    return this.deliveries.map((delivery) => delivery.message);
  }

  readonly deliver = (delivery: Delivery): void => {
    this.deliveries.push(delivery);
    this.inFlight.add(delivery);
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight.size);
    if (this.#handle === 'ack') void this.ack(delivery);
    else if (this.#handle !== 'hold') this.#handle(delivery, this);
  };

  readonly onError = (error: unknown): void => {
    this.errors.push(error);
  };

  ack(delivery: Delivery): Promise<boolean> {
    this.acked.add(delivery.message.id);
    return this.#settle(delivery, () => delivery.ack());
  }

  nack(delivery: Delivery, delayMs?: number): Promise<boolean> {
    return this.#settle(delivery, () => delivery.nack(delayMs));
  }

  async untilCount(count: number): Promise<readonly Delivery[]> {
    const what = () => `${count} deliveries; there are ${this.deliveries.length}`;
    await this.#eventually(what, () => this.deliveries.length >= count);
    return this.deliveries;
  }

  async untilAll(expected: readonly TransportMessage[]): Promise<readonly Delivery[]> {
    const missing = () => missingOf(expected, this.messages);
    const what = () => `the delivery of ${expected.length} messages; ${missing().join()} missing`;
    await this.#eventually(what, () => missing().length === 0);
    return this.deliveries;
  }

  async untilInFlight(count: number): Promise<void> {
    const what = () => `${count} deliveries in flight; there are ${this.inFlight.size}`;
    await this.#eventually(what, () => this.inFlight.size >= count);
  }

  async drain(expected: readonly TransportMessage[]): Promise<void> {
    this.#handle = 'ack';
    for (const delivery of [...this.inFlight]) void this.ack(delivery);
    const rest = () => expected.map(({ id }) => id).filter((id) => !this.acked.has(id));
    const what = () => `the delivery of the remaining messages: ${rest().slice(0, 10).join()}`;
    await this.#eventually(what, () => rest().length === 0);
    await this.settled();
  }

  async settled(): Promise<void> {
    await this.#within('every ack and nack settles', Promise.all(this.#settlements));
  }

  async end(): Promise<void> {
    await this.#within('`stop` settles', this.consumption.stop());
    await this.#within('`close` of a consumption settles', this.consumption.close());
  }

  /** A rejection is not a failure: it only means that the message may be redelivered. */
  #settle(delivery: Delivery, tell: () => Promise<void>): Promise<boolean> {
    this.inFlight.delete(delivery);
    const settlement = tell().then(
      () => true,
      () => false,
    );
    this.#settlements.push(settlement);
    return settlement;
  }

  async #eventually(what: () => string, check: () => boolean): Promise<void> {
    try {
      await eventually(what(), check, this.#patienceMs);
    } catch {
      assert.fail(`not within ${this.#patienceMs} ms: ${what()}`);
    }
  }

  #within<Value>(what: string, promise: Promise<Value>): Promise<Value> {
    return within(what, promise, this.#patienceMs);
  }
}

/** The ids of the messages that are not among `arrived`, at most ten. */
export function missingOf(
  expected: readonly TransportMessage[],
  arrived: readonly TransportMessage[],
): readonly string[] {
  const ids = new Set(arrived.map((message) => message.id));
  return expected
    .map((message) => message.id)
    .filter((id) => !ids.has(id))
    .slice(0, 10);
}
