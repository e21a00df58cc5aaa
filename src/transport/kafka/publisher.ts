import type { OrderchartError } from '../../errors.ts';
import { reconnectDelayMs } from '../backoff.ts';
import type { PublishResult, TransportMessage } from '../transport.ts';
import { within } from '../within.ts';
import type { KafkaProducer, KafkaRecord } from './client.ts';
import { endSoon } from './end-soon.ts';
import { isTooLarge, topicMissing, toTransportError, unavailable } from './failure.ts';
import { sizeOf, toRecord } from './message.ts';
import type { KafkaSettings } from './options.ts';

/** A record in flight. */
interface Pending {
  readonly record: KafkaRecord;
  readonly settle: (result: PublishResult) => void;
}

/**
 * Publishes with one producer, one batch after the other. Messages that arrive during a batch form
 * the next one. A producer whose `send` failed is replaced; see `KafkaClient.createProducer`.
 */
export class KafkaPublisher {
  readonly #settings: KafkaSettings;
  #queue: Pending[] = [];
  #isSending = false;
  #producer: KafkaProducer | undefined;
  #failure: OrderchartError | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The end of the last producer, whose records must not arrive after its successor's. */
  #ending: Promise<void> = Promise.resolve();
  /** The last call of the client's `send`, which may continue after it timed out here. */
  #underWay: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(settings: KafkaSettings) {
    this.#settings = settings;
  }

  /** Makes the first connection, and checks that the topic exists. */
  async open(): Promise<void> {
    const { client, topic, connectTimeoutMs } = this.#settings;
    try {
      const count = await within(client.countPartitions(topic), connectTimeoutMs);
      if (count === undefined) throw topicMissing(topic);
      await this.#connect();
    } catch (error) {
      throw toTransportError(error, client.name, 'connecting');
    }
  }

  publish(message: TransportMessage): Promise<PublishResult> {
    if (this.#producer === undefined) return Promise.resolve(this.#failed());
    return new Promise((settle) => {
      this.#queue.push({ record: toRecord(message), settle });
      if (!this.#isSending) this.#sendSoon();
    });
  }

  /** Called after all messages have been answered. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const producer = this.#producer;
    this.#producer = undefined;
    if (producer !== undefined) await endSoon(() => producer.close());
  }

  /** Deferred, so that all messages of a `publish` are in the queue before the first batch. */
  #sendSoon(): void {
    this.#isSending = true;
    queueMicrotask(async () => {
      while (this.#queue.length > 0) await this.#sendBatch(this.#nextBatch());
      this.#isSending = false;
    });
  }

  /** Brokers limit the bytes of a batch like those of a message. */
  #nextBatch(): readonly Pending[] {
    let bytes = 0;
    let count = 0;
    for (const { record } of this.#queue) {
      bytes += sizeOf(record);
      if (count > 0 && bytes > this.#settings.maximumBodyBytes) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #sendBatch(batch: readonly Pending[]): Promise<void> {
    const error = await this.#send(batch);
    if (error === undefined) {
      for (const { settle } of batch) settle({ status: 'published' });
    } else if (!isTooLarge(error)) {
      this.#replaceProducer(error);
      for (const { settle } of batch) settle(this.#failed());
    } else {
      await this.#reconnectNow(error);
      await this.#settleTooLarge(batch);
    }
  }

  /** Sends the messages of a batch that is too large one by one. */
  async #settleTooLarge(batch: readonly Pending[]): Promise<void> {
    if (batch.length > 1) {
      for (const pending of batch) await this.#sendBatch([pending]);
      return;
    }
    const reason = 'The broker rejected it as too large (max.message.bytes).';
    for (const { settle } of batch) settle({ status: 'refused', reason });
  }

  /** Returns the error, if any. */
  async #send(batch: readonly Pending[]): Promise<unknown> {
    const { client, topic, publishTimeoutMs } = this.#settings;
    const producer = this.#producer;
    if (producer === undefined) return this.#failure ?? unavailable(client.name, 'not connected');
    try {
      const records = batch.map(({ record }) => record);
      const sending = producer.send(topic, records);
      this.#underWay = sending.catch(() => undefined);
      await within(sending, publishTimeoutMs);
      return undefined;
    } catch (error) {
      return error ?? unavailable(client.name, 'a send failed');
    }
  }

  #failed(): PublishResult {
    const error = this.#failure ?? unavailable(this.#settings.client.name, 'not connected');
    return { status: 'failed', error };
  }

  #replaceProducer(error: unknown): void {
    this.#drop(error);
    if (this.#timer === undefined) this.#reconnect(1);
  }

  #drop(error: unknown): void {
    this.#failure = toTransportError(error, this.#settings.client.name, 'publishing');
    const producer = this.#producer;
    this.#producer = undefined;
    if (producer !== undefined) this.#end(producer, this.#underWay);
  }

  /**
   * Closes a producer, and closes it once more after its call in flight: a client that is still
   * retrying may connect after it was closed, and the connection would keep the process alive.
   */
  #end(producer: KafkaProducer, underWay: Promise<unknown>): void {
    this.#ending = endSoon(() => producer.close());
    void underWay.then(() => endSoon(() => producer.close()));
  }

  async #reconnectNow(error: unknown): Promise<void> {
    this.#drop(error);
    await this.#connect().catch((failure: unknown) => this.#replaceProducer(failure));
  }

  #reconnect(attempt: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(
      () => {
        this.#connect().then(
          () => {
            this.#timer = undefined;
          },
          (error: unknown) => {
            this.#failure = toTransportError(error, this.#settings.client.name, 'connecting again');
            this.#reconnect(attempt + 1);
          },
        );
      },
      reconnectDelayMs(this.#settings, attempt),
    );
  }

  async #connect(): Promise<void> {
    const { client, connectTimeoutMs } = this.#settings;
    await this.#ending;
    const producer = client.createProducer();
    const connecting = producer.connect();
    try {
      await within(connecting, connectTimeoutMs);
    } catch (error) {
      this.#end(
        producer,
        connecting.catch(() => undefined),
      );
      throw error;
    }
    if (this.#isClosed) {
      await endSoon(() => producer.close());
      return;
    }
    this.#producer = producer;
    this.#failure = undefined;
  }
}
