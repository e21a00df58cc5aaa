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

/** Calls `callback` after a delay, in milliseconds. */
export type Schedule = (delayMs: number, callback: () => void) => void;

/** The options of a queue within the process. */
export interface InProcessQueueOptions {
  /** The most messages that are not yet acked. Further messages are `failed`. Default 10,000. */
  readonly maximumMessages?: number | undefined;
  /** How a delayed redelivery waits, for tests. Default: a timer of the process. */
  readonly schedule?: Schedule | undefined;
}

/** A message in the queue. */
export interface Entry {
  readonly message: TransportMessage;
  readonly lane: Lane;
  /** How often it was delivered. */
  attempts: number;
}

/**
 * The messages of one key, oldest first. Only the first one may be in flight, which keeps the
 * order.
 */
interface Lane {
  readonly name: string;
  readonly entries: Entry[];
}

const timer: Schedule = (delayMs, callback) => {
  // A longer timer would fire immediately.
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
  /** Lanes whose first message is neither in flight nor delayed. */
  #ready: Lane[] = [];
  #size = 0;
  #unkeyed = 0;
  #isAnnouncing = false;

  constructor(options: InProcessQueueOptions = {}) {
    const { maximumMessages, schedule } = checkOptions('createInProcessQueue', schema, options);
    this.#maximumMessages = maximumMessages;
    this.#schedule = schedule;
  }

  /** The number of messages that are not yet acked. */
  get size(): number {
    return this.#size;
  }

  /** Adds a message. Returns false if the queue is full. */
  add(message: TransportMessage): boolean {
    if (this.#size >= this.#maximumMessages) return false;
    this.#size += 1;
    const lane = this.#laneFor(message.key);
    lane.entries.push({ message: snapshotOf(message), lane, attempts: 0 });
    if (lane.entries.length === 1) this.#makeReady(lane);
    return true;
  }

  /**
   * Takes the oldest available message, if any. It belongs to the caller until `remove` or
   * `giveBack`.
   */
  take(): Entry | undefined {
    const entry = this.#ready.shift()?.entries[0];
    if (entry !== undefined) entry.attempts += 1;
    return entry;
  }

  /** Removes a message that was acked. */
  remove({ lane }: Entry): void {
    lane.entries.shift();
    this.#size -= 1;
    if (lane.entries.length > 0) this.#makeReady(lane);
    else this.#lanes.delete(lane.name);
  }

  /**
   * Returns a message for another delivery after the delay, before any later message of its key.
   */
  giveBack({ lane }: Entry, delayMs = 0): void {
    if (delayMs > 0) this.#schedule(delayMs, () => this.#makeReady(lane));
    else this.#makeReady(lane);
  }

  /** Calls `take` whenever a message may be available. Returns a function that stops it. */
  listen(take: () => void): () => void {
    this.#signals.on('ready', take);
    this.announce();
    return () => void this.#signals.off('ready', take);
  }

  /** Moves a listener that has taken a message behind the others. */
  yieldTurn(take: () => void): void {
    this.#signals.off('ready', take);
    this.#signals.on('ready', take);
  }

  /**
   * Notifies the consumers for as long as they take messages. Asynchronous, to avoid reentrant
   * calls.
   */
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

  /** A message without a key gets its own lane. */
  #laneFor(key: string): Lane {
    if (key === '') this.#unkeyed += 1;
    // Keys contain no control characters, so the name is not that of a key.
    const name = key === '' ? `\n${this.#unkeyed}` : key;
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = { name, entries: [] };
      this.#lanes.set(name, lane);
    }
    return lane;
  }
}
