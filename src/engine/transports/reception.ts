import { OrderchartError } from '../../errors.ts';
import type { Consumption, Delivery } from '../../transport/transport.ts';
import { Activity } from '../activity.ts';
import { scheduleAfter } from '../clock.ts';
import { scheduleRetry } from '../subscriptions/backoff.ts';
import type { DeadLetterOffice } from './dead-letters.ts';
import type { GuardedTransport } from './guarded-transport.ts';
import { type MessageParts, MessageWork } from './message-work.ts';
import type { ReceiveSettings } from './receive-options.ts';
import { ReceptionLane, type ReceptionLaneHost } from './reception-lane.ts';

/** How a reception stands in this process. */
export interface ReceptionStatus {
  readonly name: string;
  /** Messages that came and are not dealt with; at most `maximumInFlight`. */
  readonly inHand: number;
  /** Keys whose first message failed and waits for its next attempt. */
  readonly waitingKeys: number;
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
  }

  /** Begins to take messages. */
  async start(transport: GuardedTransport): Promise<void> {
    const { maximumInFlight } = this.#settings;
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
    return { name: this.name, inHand: this.#inHand.size, waitingKeys };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  later(attempts: number, callback: () => void): () => void {
    this.#parts.counters.messageRetries += 1;
    return scheduleRetry(this.#parts, this.#settings.retry, attempts, callback);
  }

  done(work: MessageWork): void {
    this.#inHand.delete(work);
  }

  run(running: Promise<void>): void {
    void this.#parts.activity.during(this.#work.during(running));
  }

  emptied(lane: ReceptionLane): void {
    this.#lanes.delete(lane);
    this.#lanesByKey.delete(lane.key);
  }

  #deliver(delivery: Delivery): void {
    const work = new MessageWork(delivery, this.#messageParts);
    if (this.isStopping) {
      void work.settle('nack');
      return;
    }
    if (this.#inHand.size >= this.#settings.maximumInFlight) {
      work.log('error', 'A transport delivered more than was asked for.', tooMany());
      void work.settle('nack');
      return;
    }
    this.#parts.counters.messagesReceived += 1;
    this.#inHand.add(work);
    this.#laneOf(delivery.message.key).push(work);
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
    const { clock } = this.#parts;
    const { promise: patience, resolve } = Promise.withResolvers<void>();
    const cancel = scheduleAfter(clock, durationMs, resolve);
    try {
      await Promise.race([work(), patience]);
    } catch (error) {
      this.#parts.logger.warn('A reception could not be ended in order.', {
        ...this.#fields(),
        error,
      });
    } finally {
      cancel();
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
