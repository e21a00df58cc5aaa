import { OrderchartError } from '../../errors.ts';
import type { Consumption, Delivery } from '../../transport/transport.ts';
import { Activity } from '../kernel/activity.ts';
import { retryDelayMs } from '../kernel/backoff.ts';
import { type Clock, endsWithin, scheduleAfter } from '../kernel/clock.ts';
import type { DeadLetterSink } from './dead-letters.ts';
import type { GuardedTransport } from './guarded-transport.ts';
import { type MessageParts, MessageWork } from './message-work.ts';
import { MessagesAside } from './messages-aside.ts';
import type { ReceiveSettings } from './receive-options.ts';
import { ReceptionLane, type ReceptionLaneHost } from './reception-lane.ts';

/** The state of a reception in this process. */
export interface ReceptionStatus {
  /** The name of the reception. */
  readonly name: string;
  /** Messages that were delivered and are not done; at most `maximumInFlight`. */
  readonly inFlight: number;
  /** Keys whose first message failed and waits for its next attempt. */
  readonly waitingKeys: number;
  /**
   * Messages that were returned to the transport until their next attempt, because they failed, or
   * came after such a message of their key, when many had failed and others were to arrive.
   */
  readonly putAside: number;
}

/** The handle of a running `startReceiving`. */
export interface Reception {
  /** The name of the reception. */
  readonly name: string;
  /** Returns its present state. */
  status(): ReceptionStatus;
  /**
   * Takes no more messages, finishes those in progress for up to the engine's `closeGraceMs`, and
   * returns the rest to the transport. Never rejects; further calls return the same promise.
   */
  close(): Promise<void>;
}

/** The dependencies of the receptions of an engine. */
export interface ReceptionParts extends Omit<MessageParts, 'settings' | 'deadLetters' | 'signal'> {
  readonly activity: Activity;
  readonly random: () => number;
  readonly graceMs: number;
}

/** How long giving messages back may take, so that a transport that hangs does not hang `close`. */
const partingMs = 1000;
/** How long a crowded reception waits before it puts messages aside. */
const roomPauseMs = 10;

/** A reception: takes deliveries and distributes them to the lanes of their keys. */
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
  /** The lanes of messages with a key. */
  readonly #lanesByKey = new Map<string, ReceptionLane>();
  readonly #inFlight = new Set<MessageWork>();
  readonly #aside: MessagesAside;
  #redelivers = false;
  #cancelRoom: (() => void) | undefined;
  #consumption: Consumption | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    parts: ReceptionParts,
    settings: ReceiveSettings,
    deadLetters: DeadLetterSink,
    onClosed: () => void,
  ) {
    this.name = settings.name;
    this.#parts = parts;
    this.#settings = settings;
    this.#messageParts = { ...parts, settings, deadLetters, signal: this.#abort.signal };
    this.#onClosed = onClosed;
    this.#aside = new MessagesAside(parts.clock);
  }

  get clock(): Clock {
    return this.#parts.clock;
  }

  /** Starts to take messages. */
  async start(transport: GuardedTransport): Promise<void> {
    const { maximumInFlight } = this.#settings;
    this.#redelivers = transport.redelivers;
    this.#consumption = await transport.consume({
      maximumInFlight,
      deliver: (delivery) => this.#deliver(delivery),
      onError: (error) =>
        this.#parts.logger.warn('Transport error; the adapter is reconnecting.', {
          ...this.#fields(),
          error,
        }),
    });
  }

  status(): ReceptionStatus {
    const waitingKeys = [...this.#lanes].filter(({ isWaiting }) => isWaiting).length;
    const { count: putAside } = this.#aside;
    return { name: this.name, inFlight: this.#inFlight.size, waitingKeys, putAside };
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
    this.#inFlight.delete(work);
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
    if (this.#inFlight.size >= this.#settings.maximumInFlight) {
      work.log('error', 'A transport delivered too many messages; returning one.', tooMany());
      void work.settle('nack');
      return;
    }
    this.#parts.counters.messagesReceived += 1;
    this.#inFlight.add(work);
    this.#laneOf(delivery.message.key).push(work);
    this.#makeRoomSoon();
  }

  /** Makes room after a short pause, if the reception is still crowded then. */
  #makeRoomSoon(): void {
    if (!this.#isCrowded || this.#cancelRoom !== undefined) return;
    this.#cancelRoom = this.after(roomPauseMs, () => {
      this.#cancelRoom = undefined;
      if (this.#isCrowded) this.#makeRoom();
    });
  }

  get #isCrowded(): boolean {
    // Without redelivery, a returned message would be lost.
    return (
      this.#redelivers && !this.isStopping && this.#inFlight.size >= this.#settings.maximumInFlight
    );
  }

  /** Puts messages aside, the longest waits first, until at most half of those in flight wait. */
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

  /** Returns false when too many are put aside already; then these stay in flight. */
  #putAside(lane: ReceptionLane): boolean {
    const { remainingMs } = lane;
    if (this.#aside.put(lane.works, remainingMs) === undefined) return false;
    for (const work of lane.release()) {
      this.#inFlight.delete(work);
      this.#parts.counters.messagesPutAside += 1;
      void this.#parts.activity.during(work.settle('nack', remainingMs));
    }
    return true;
  }

  /** Returns the lane of a key. A message without a key gets a lane of its own. */
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
    const rest = [...this.#inFlight];
    this.#inFlight.clear();
    await this.#within(Math.min(graceMs, partingMs), async () => {
      await Promise.all(rest.map((work) => work.settle('nack')));
      await this.#consumption?.close();
    });
    this.#onClosed();
  }

  /** Waits for a step of closing, up to a limit. The broker redelivers messages not returned by then. */
  async #within(durationMs: number, work: () => Promise<void>): Promise<void> {
    try {
      await endsWithin(this.clock, durationMs, work());
    } catch (error) {
      this.#parts.logger.warn('Could not close a reception cleanly; messages may be redelivered.', {
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
    'The transport delivered more messages than maximumInFlight, so this one is returned.',
  );
}
