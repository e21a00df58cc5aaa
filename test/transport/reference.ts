import { setImmediate as turn } from 'node:timers/promises';
import { OrderchartError } from '../../src/errors.ts';
import type {
  ConsumeOptions,
  Consumption,
  Delivery,
  PublishResult,
  Transport,
  TransportMessage,
} from '../../src/transport/transport.ts';

// A broker in memory with connections that break, and a transport for it without a known fault:
// what the mutants are made of. It is as plain as can be, and slow.

/** One message at the broker. */
interface Entry {
  readonly message: TransportMessage;
  deliveryCount: number;
  holder: ReferenceConsumption | undefined;
  isDelayed: boolean;
}

/** A broker, reached by any number of transports. */
export class ReferenceBroker {
  entries: Entry[] = [];
  isReachable = true;
  /** Rises whenever all connections are cut. */
  connectionEpoch = 0;
  readonly consumptions = new Set<ReferenceConsumption>();
  readonly #ids = new Set<string>();

  store(message: TransportMessage): void {
    if (this.#ids.has(message.id)) return;
    this.#ids.add(message.id);
    const entry = { message, deliveryCount: 0, holder: undefined, isDelayed: false };
    this.entries.push(entry);
    this.pump();
  }

  /** Gives what is ready to whoever has room, oldest first. */
  pump(): void {
    for (const entry of this.entries) {
      if (entry.holder !== undefined || entry.isDelayed) continue;
      const taker = [...this.consumptions].find((consumption) => consumption.hasRoom);
      if (taker === undefined) return;
      // The next one takes the next message.
      this.consumptions.delete(taker);
      this.consumptions.add(taker);
      entry.deliveryCount += 1;
      taker.take(entry);
    }
  }

  ack(entry: Entry): void {
    this.entries = this.entries.filter((other) => other !== entry);
    this.pump();
  }

  nack(entry: Entry, delayMs = 0): void {
    entry.holder = undefined;
    entry.isDelayed = delayMs > 0;
    const back = () => {
      entry.isDelayed = false;
      this.pump();
    };
    if (delayMs > 0) setTimeout(back, delayMs).unref();
    else back();
  }

  /** What this consumer holds becomes ready for others. */
  giveBack(holder: ReferenceConsumption): void {
    for (const entry of this.entries) if (entry.holder === holder) entry.holder = undefined;
    this.pump();
  }

  /** Every connection breaks; transports make new ones as soon as the broker can be reached. */
  cut(): void {
    this.connectionEpoch += 1;
    const lost = [...this.consumptions];
    for (const consumption of lost) this.consumptions.delete(consumption);
    for (const consumption of lost) consumption.lose();
  }

  interrupt(): () => void {
    this.isReachable = false;
    const waiting = [...this.consumptions];
    this.cut();
    return () => {
      this.isReachable = true;
      for (const consumption of waiting) consumption.subscribe();
    };
  }
}

/** One `consume`, over as many connections as it takes. */
export class ReferenceConsumption implements Consumption {
  readonly #broker: ReferenceBroker;
  readonly #options: ConsumeOptions;
  #held = 0;
  #isStopped = false;

  constructor(broker: ReferenceBroker, options: ConsumeOptions) {
    this.#broker = broker;
    this.#options = options;
  }

  get hasRoom(): boolean {
    return this.#held < this.#options.maximumInFlight;
  }

  subscribe(): void {
    if (this.#isStopped || !this.#broker.isReachable) return;
    this.#broker.consumptions.add(this);
    this.#broker.pump();
  }

  take(entry: Entry): void {
    entry.holder = this;
    this.#held += 1;
    const epoch = this.#broker.connectionEpoch;
    const { message, deliveryCount: attempt } = entry;
    queueMicrotask(() => {
      if (epoch !== this.#broker.connectionEpoch) this.#held -= 1;
      else this.#options.deliver(this.#deliveryOf(entry, { message: copyOf(message), attempt }));
    });
  }

  #deliveryOf(entry: Entry, facts: Pick<Delivery, 'message' | 'attempt'>): Delivery {
    const tell = async (what: () => void) => {
      await turn();
      this.#held -= 1;
      this.#broker.pump();
      // A delivery of a broken connection has been given to somebody already.
      if (entry.holder !== this || entry.deliveryCount !== facts.attempt) throw unavailable();
      what();
    };
    return {
      ...facts,
      ack: () => tell(() => this.#broker.ack(entry)),
      nack: (delayMs) => tell(() => this.#broker.nack(entry, delayMs)),
    };
  }

  /** The connection is gone: what is held goes to others, and yet takes room until it is answered. */
  lose(): void {
    this.#broker.giveBack(this);
    this.#options.onError(unavailable());
    setImmediate(() => this.subscribe());
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#broker.consumptions.delete(this);
    await turn();
  }

  async close(): Promise<void> {
    await this.stop();
    this.#broker.giveBack(this);
  }
}

/** A transport without a known fault. */
export function createReferenceTransport(broker: ReferenceBroker): Transport {
  let isOpen = false;
  const consumptions: Consumption[] = [];
  const check = () => {
    if (!isOpen) throw new OrderchartError('transportClosed', 'The transport is not open.');
  };
  return {
    name: 'reference',
    features: {
      consumes: true,
      durable: false,
      ordered: true,
      deduplicates: true,
      redelivers: true,
      maximumBodyBytes: 1_000,
    },
    open: async () => {
      if (!broker.isReachable) throw unavailable();
      isOpen = true;
    },
    publish: async (messages) => {
      check();
      return Promise.all(messages.map((message) => publishOne(broker, copyOf(message))));
    },
    consume: async (options) => {
      check();
      const consumption = new ReferenceConsumption(broker, options);
      consumptions.push(consumption);
      await turn();
      consumption.subscribe();
      return consumption;
    },
    close: async () => {
      isOpen = false;
      for (const consumption of consumptions) await consumption.close();
    },
  };
}

async function publishOne(
  broker: ReferenceBroker,
  message: TransportMessage,
): Promise<PublishResult> {
  if (message.body.length > 1_000) return { status: 'refused', reason: 'More than 1000 bytes.' };
  const epoch = broker.connectionEpoch;
  const isBroken = () => !broker.isReachable || epoch !== broker.connectionEpoch;
  await turn();
  if (isBroken()) return { status: 'failed', error: unavailable() };
  broker.store(message);
  await turn();
  // The broker has it, but the answer was lost.
  return isBroken() ? { status: 'failed', error: unavailable() } : { status: 'published' };
}

const unavailable = () =>
  new OrderchartError('transportUnavailable', 'The connection to the broker was lost.');

const copyOf = (message: TransportMessage): TransportMessage => structuredClone(message);
