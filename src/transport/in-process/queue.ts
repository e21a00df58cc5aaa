import { EventEmitter } from 'eventemitter3';
import { z } from 'zod';
import {
  callable,
  checkOptions,
  longestTimerMs,
  type OptionSchemas,
  whole,
} from '../../options.ts';
import { snapshotOf } from '../snapshot.ts';
import type { TransportMessage } from '../transport.ts';

/** Calls back after a delay; milliseconds. */
export type Schedule = (delayMs: number, callback: () => void) => void;

export interface InProcessQueueOptions {
  /** Messages that are not yet acked at most; more are `failed`. 10,000 when left out. */
  readonly maximumMessages?: number | undefined;
  /** How a delayed redelivery waits; a timer of the process when left out. For tests. */
  readonly schedule?: Schedule | undefined;
}

/** One message in the queue. */
export interface Entry {
  readonly message: TransportMessage;
  readonly lane: Lane;
  /** How often it was delivered. */
  attempts: number;
}

/** The messages of one key, oldest first. Only the first one may be in hand, so order holds. */
interface Lane {
  readonly name: string;
  readonly entries: Entry[];
}

const timer: Schedule = (delayMs, callback) => {
  // Beyond what a timer can wait it would fire at once.
  setTimeout(callback, Math.min(delayMs, longestTimerMs)).unref();
};

const schema = z.strictObject({
  maximumMessages: whole(1, 2 ** 32).default(10_000),
  schedule: callable<Schedule>().default(() => timer),
} satisfies OptionSchemas<InProcessQueueOptions>);

/**
 * Messages in memory, on their way from publishers to consumers of one process. All consumers of
 * a queue compete: each message goes to one of them. See `createInProcessTransport`.
 */
export class InProcessQueue {
  readonly #maximumMessages: number;
  readonly #schedule: Schedule;
  readonly #signals = new EventEmitter<'ready'>();
  readonly #lanes = new Map<string, Lane>();
  /** Lanes whose first message is in nobody's hand and waits for nothing. */
  #ready: Lane[] = [];
  #size = 0;
  #unkeyed = 0;
  #isAnnouncing = false;

  constructor(options: InProcessQueueOptions = {}) {
    const { maximumMessages, schedule } = checkOptions('createInProcessQueue', schema, options);
    this.#maximumMessages = maximumMessages;
    this.#schedule = schedule;
  }

  /** Messages that are not yet acked. */
  get size(): number {
    return this.#size;
  }

  /** False when it is full. */
  add(message: TransportMessage): boolean {
    if (this.#size >= this.#maximumMessages) return false;
    this.#size += 1;
    const lane = this.#laneFor(message.key);
    lane.entries.push({ message: snapshotOf(message), lane, attempts: 0 });
    if (lane.entries.length === 1) this.#makeReady(lane);
    return true;
  }

  /** The oldest message that may go, if there is any; it is the caller's until `remove` or `giveBack`. */
  take(): Entry | undefined {
    const entry = this.#ready.shift()?.entries[0];
    if (entry !== undefined) entry.attempts += 1;
    return entry;
  }

  /** It is done. */
  remove({ lane }: Entry): void {
    lane.entries.shift();
    this.#size -= 1;
    if (lane.entries.length > 0) this.#makeReady(lane);
    else this.#lanes.delete(lane.name);
  }

  /** It comes again, after the delay, before any later message of its key. */
  giveBack({ lane }: Entry, delayMs = 0): void {
    if (delayMs <= 0) this.#makeReady(lane);
    else this.#schedule(delayMs, () => this.#makeReady(lane));
  }

  /** Calls `take` whenever there may be something to take; gives the function that ends it. */
  listen(take: () => void): () => void {
    this.#signals.on('ready', take);
    this.announce();
    return () => void this.#signals.off('ready', take);
  }

  /** Moves one who has taken behind the others who listen. */
  yieldTurn(take: () => void): void {
    this.#signals.off('ready', take);
    this.#signals.on('ready', take);
  }

  /** Tells the consumers, as long as they take: not at once, so that nobody is called from within a call. */
  announce(): void {
    if (this.#isAnnouncing) return;
    this.#isAnnouncing = true;
    queueMicrotask(() => {
      this.#isAnnouncing = false;
      let before: number;
      do {
        before = this.#ready.length;
        this.#signals.emit('ready');
      } while (this.#ready.length > 0 && this.#ready.length < before);
    });
  }

  #makeReady(lane: Lane): void {
    this.#ready.push(lane);
    this.announce();
  }

  /** A message without a key has a lane of its own. */
  #laneFor(key: string): Lane {
    if (key === '') this.#unkeyed += 1;
    // A key holds no control characters.
    const name = key === '' ? `\n${this.#unkeyed}` : key;
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = { name, entries: [] };
      this.#lanes.set(name, lane);
    }
    return lane;
  }
}
