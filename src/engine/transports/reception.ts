import { OrderchartError } from '../../errors.ts';
import type { Consumption, Delivery } from '../../transport/transport.ts';
import { Activity } from '../kernel/activity.ts';
import { retryDelayMs } from '../kernel/backoff.ts';
import { type Clock, endsWithin, scheduleAfter } from '../kernel/clock.ts';
import type { DeadLetterOffice } from './dead-letters.ts';
import type { GuardedTransport } from './guarded-transport.ts';
import { type MessageParts, MessageWork } from './message-work.ts';
import { MessagesAside } from './messages-aside.ts';
import type { ReceiveSettings } from './receive-options.ts';
import { ReceptionLane, type ReceptionLaneHost } from './reception-lane.ts';

/** How a reception stands in this process. */
export interface ReceptionStatus {
  readonly name: string;
  /** Messages that came and are not dealt with; at most `maximumInFlight`. */
  readonly inHand: number;
  /** Keys whose first message failed and waits for its next attempt. */
  readonly waitingKeys: number;
  /**
   * Messages that failed for now, or came after such of their key, and were given back to the
   * transport until their next attempt. Many had failed, and others were to come.
   */
  readonly putAside: number;
}

/** Messages that come in to this process and become commands. */
export interface Reception {
  readonly name: string;
  status(): ReceptionStatus;
  /** Takes no more messages, finishes those it has begun, and gives the rest back. */
  close(): Promise<void>;
}

/** What every reception of an engine works with. */
export interface ReceptionParts extends Omit<MessageParts, 'settings' | 'office' | 'signal'> {
  readonly activity: Activity;
  readonly random: () => number;
  readonly graceMs: number;
}

/** How long giving messages back may take: a transport that hangs must not hold up `close`. */
const partingMs = 1000;
/** Room for others is made no sooner and no more often than this. */
const roomPauseMs = 10;

/** One reception: takes deliveries, and leads the lanes of their keys. */
export class RunningReception implements Reception, ReceptionLaneHost {
  readonly name: string;
  isStopping = false;
  readonly #parts: ReceptionParts;
  readonly #settings: ReceiveSettings;
  readonly #messageParts: MessageParts;
  readonly #onClosed: () => void;
  readonly #abort = new AbortController();
  readonly #work = new Activity();
  readonly #lanes = new Set<ReceptionLane>();
  /** Those of messages with a key. */
  readonly #lanesByKey = new Map<string, ReceptionLane>();
  readonly #inHand = new Set<MessageWork>();
  readonly #aside: MessagesAside;
  #redelivers = false;
  #cancelRoom: (() => void) | undefined;
  #consumption: Consumption | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    parts: ReceptionParts,
    settings: ReceiveSettings,
    office: DeadLetterOffice,
    onClosed: () => void,
  ) {
    this.name = settings.name;
    this.#parts = parts;
    this.#settings = settings;
    this.#messageParts = { ...parts, settings, office, signal: this.#abort.signal };
    this.#onClosed = onClosed;
    this.#aside = new MessagesAside(parts.clock);
  }

  get clock(): Clock {
    return this.#parts.clock;
  }

  /** Begins to take messages. */
  async start(transport: GuardedTransport): Promise<void> {
    const { maximumInFlight } = this.#settings;
    this.#redelivers = transport.redelivers;
    this.#consumption = await transport.consume({
      maximumInFlight,
      deliver: (delivery) => this.#deliver(delivery),
      onError: (error) =>
        this.#parts.logger.warn('A transport has trouble, and mends it.', {
          ...this.#fields(),
          error,
        }),
    });
  }

  status(): ReceptionStatus {
    const waitingKeys = [...this.#lanes].filter(({ isWaiting }) => isWaiting).length;
    const { count: putAside } = this.#aside;
    return { name: this.name, inHand: this.#inHand.size, waitingKeys, putAside };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  waitMs(work: MessageWork): number {
    return this.#aside.waitMs(work.message, work.note);
  }

  retryMs(attempts: number): number {
    return retryDelayMs(this.#settings.retry, attempts, this.#parts.random());
  }

  after(delayMs: number, callback: () => void): () => void {
    return scheduleAfter(this.clock, delayMs, callback);
  }

  failed(): void {
    this.#parts.counters.messageRetries += 1;
  }

  done(work: MessageWork): void {
    this.#inHand.delete(work);
    if (work.note !== undefined) this.#aside.done(work.note);
  }

  waits(): void {
    this.#makeRoomSoon();
  }

  run(running: Promise<void>): void {
    void this.#parts.activity.during(this.#work.during(running));
  }

  emptied(lane: ReceptionLane): void {
    this.#lanes.delete(lane);
    this.#lanesByKey.delete(lane.key);
  }

  #deliver(delivery: Delivery): void {
    if (this.isStopping) {
      void new MessageWork(delivery, this.#messageParts).settle('nack');
      return;
    }
    const work = new MessageWork(delivery, this.#messageParts, this.#aside.take(delivery.message));
    if (this.#inHand.size >= this.#settings.maximumInFlight) {
      work.log('error', 'A transport delivered more than was asked for.', tooMany());
      void work.settle('nack');
      return;
    }
    this.#parts.counters.messagesReceived += 1;
    this.#inHand.add(work);
    this.#laneOf(delivery.message.key).push(work);
    this.#makeRoomSoon();
  }

  /** When nothing more can come, and more than half of what is in hand only waits. */
  #makeRoomSoon(): void {
    if (!this.#isCrowded || this.#cancelRoom !== undefined) return;
    this.#cancelRoom = this.after(roomPauseMs, () => {
      this.#cancelRoom = undefined;
      if (this.#isCrowded) this.#makeRoom();
    });
  }

  get #isCrowded(): boolean {
    // Without redelivery, what is given back would be lost.
    return (
      this.#redelivers && !this.isStopping && this.#inHand.size >= this.#settings.maximumInFlight
    );
  }

  /** Puts messages aside until half of the room is free of those that wait; the longest waits first. */
  #makeRoom(): void {
    const waiting = [...this.#lanes].filter(({ isWaiting }) => isWaiting);
    waiting.sort((one, other) => other.remainingMs - one.remainingMs);
    let count = waiting.reduce((sum, { size }) => sum + size, 0);
    for (const lane of waiting) {
      if (count <= this.#settings.maximumInFlight / 2) return;
      count -= lane.size;
      if (!this.#putAside(lane)) return;
    }
  }

  /** False when so many are put aside that there is no room for more; then these stay in hand. */
  #putAside(lane: ReceptionLane): boolean {
    const { remainingMs } = lane;
    if (this.#aside.put(lane.works, remainingMs) === undefined) return false;
    for (const work of lane.release()) {
      this.#inHand.delete(work);
      this.#parts.counters.messagesPutAside += 1;
      void this.#parts.activity.during(work.settle('nack', remainingMs));
    }
    return true;
  }

  /** A message without a key waits for no other. */
  #laneOf(key: string): ReceptionLane {
    const known = key === '' ? undefined : this.#lanesByKey.get(key);
    if (known !== undefined) return known;
    const lane = new ReceptionLane(this, key);
    this.#lanes.add(lane);
    if (key !== '') this.#lanesByKey.set(key, lane);
    return lane;
  }

  async #close(): Promise<void> {
    this.isStopping = true;
    this.#cancelRoom?.();
    for (const lane of this.#lanes) lane.stop();
    const { graceMs } = this.#parts;
    await this.#within(graceMs, async () => {
      await this.#consumption?.stop();
      await this.#work.idle();
    });
    this.#abort.abort();
    const rest = [...this.#inHand];
    this.#inHand.clear();
    await this.#within(Math.min(graceMs, partingMs), async () => {
      await Promise.all(rest.map((work) => work.settle('nack')));
      await this.#consumption?.close();
    });
    this.#onClosed();
  }

  /** Waits no longer than that. What is not given back in time, the broker takes back. */
  async #within(durationMs: number, work: () => Promise<void>): Promise<void> {
    try {
      await endsWithin(this.clock, durationMs, work());
    } catch (error) {
      this.#parts.logger.warn('A reception could not be ended in order.', {
        ...this.#fields(),
        error,
      });
    }
  }

  #fields() {
    return { reception: this.name, transport: this.#settings.transport.name };
  }
}

function tooMany(): OrderchartError {
  return new OrderchartError(
    'transportDefect',
    'The transport delivered more messages than maximumInFlight; this one was given back.',
  );
}
