import { setImmediate as turn } from 'node:timers/promises';
import { OrderchartError } from '../../src/errors.ts';
import type {
  ConsumeOptions,
  Consumption,
  Delivery,
  TransportMessage,
} from '../../src/transport/transport.ts';

// A broker in memory with connections that break. It is as plain as can be, and slow.

/** One message at the broker. */
export interface Entry {
  readonly message: TransportMessage;
  deliveryCount: number;
  holder: ReferenceConsumption | undefined;
  isDelayed: boolean;
  /** When the broker gives it to somebody else, unless its holder is still at it. */
  deadline: number;
}

/** How long the broker leaves a delivery to a consumer that says nothing. */
export const deadlineMs = 60;

/** What a timer of Node can wait; beyond that it would fire at once. */
const longestDelayMs = 2 ** 31 - 1;

/** A broker, reached by any number of transports. */
export class ReferenceBroker {
  entries: Entry[] = [];
  isReachable = true;
  /** Rises whenever all connections are cut. */
  connectionEpoch = 0;
  readonly consumptions = new Set<ReferenceConsumption>();
  /** Those that will consume when the broker is back. */
  readonly waiting = new Set<ReferenceConsumption>();
  /** All that was ever stored, in its order. */
  readonly log: TransportMessage[] = [];
  readonly ids = new Set<string>();

  store(message: TransportMessage): void {
    if (this.ids.has(message.id)) return;
    this.ids.add(message.id);
    this.log.push(message);
    const state = { deliveryCount: 0, holder: undefined, isDelayed: false, deadline: 0 };
    this.entries.push({ message, ...state });
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
      entry.deadline = performance.now() + deadlineMs;
      taker.take(entry);
    }
  }

  /** The holder is still at it. */
  extend(entry: Entry): void {
    entry.deadline = performance.now() + deadlineMs;
  }

  /** All who live say so before anything is taken from anybody, however late this is. */
  heartbeat(): void {
    const held = this.entries.filter(({ holder }) => holder !== undefined);
    for (const entry of held) this.extend(entry);
    for (const entry of held) if (entry.deadline < performance.now()) this.nack(entry);
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
    if (delayMs > 0) setTimeout(back, Math.min(delayMs, longestDelayMs)).unref();
    else back();
  }

  /** What this consumer holds becomes ready for others. */
  giveBack(holder: ReferenceConsumption): void {
    for (const entry of this.entries) if (entry.holder === holder) this.nack(entry);
  }

  /** Every connection breaks; transports make new ones as soon as the broker can be reached. */
  cut(): void {
    this.connectionEpoch += 1;
    const lost = [...this.consumptions];
    for (const consumption of lost) this.consumptions.delete(consumption);
    for (const consumption of lost) consumption.lose();
  }

  /** All there is survives. */
  restart(): void {
    this.cut();
  }

  interrupt(): () => void {
    this.isReachable = false;
    for (const consumption of this.consumptions) this.waiting.add(consumption);
    this.cut();
    return () => {
      this.isReachable = true;
      const waiting = [...this.waiting];
      this.waiting.clear();
      for (const consumption of waiting) consumption.subscribe();
    };
  }
}

/** One `consume`, over as many connections as it takes. */
export class ReferenceConsumption implements Consumption {
  readonly #broker: ReferenceBroker;
  readonly #options: ConsumeOptions;
  held = 0;
  #isStopped = false;
  readonly #beating: NodeJS.Timeout;

  constructor(broker: ReferenceBroker, options: ConsumeOptions) {
    this.#broker = broker;
    this.#options = options;
    this.#beating = setInterval(() => broker.heartbeat(), deadlineMs / 3).unref();
  }

  get hasRoom(): boolean {
    return this.held < this.#options.maximumInFlight;
  }

  subscribe(): void {
    if (this.#isStopped) return;
    if (!this.#broker.isReachable) {
      this.#broker.waiting.add(this);
      return;
    }
    this.#broker.consumptions.add(this);
    this.#broker.pump();
  }

  take(entry: Entry): void {
    entry.holder = this;
    this.held += 1;
    const epoch = this.#broker.connectionEpoch;
    const { message, deliveryCount: attempt } = entry;
    queueMicrotask(() => {
      if (epoch !== this.#broker.connectionEpoch) this.held -= 1;
      else this.#options.deliver(this.#deliveryOf(entry, { message: copyOf(message), attempt }));
    });
  }

  #deliveryOf(entry: Entry, facts: Pick<Delivery, 'message' | 'attempt'>): Delivery {
    let isAnswered = false;
    const tell = async (what: () => void) => {
      if (isAnswered) throw unavailable();
      isAnswered = true;
      await turn();
      this.held -= 1;
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
    clearInterval(this.#beating);
    this.#broker.giveBack(this);
  }
}

export const unavailable = () =>
  new OrderchartError('transportUnavailable', 'The connection to the broker was lost.');

export const copyOf = (message: TransportMessage): TransportMessage => structuredClone(message);
