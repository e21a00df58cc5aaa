import type { OrderchartError } from '../../errors.ts';
import { reconnectDelayMs } from '../backoff.ts';
import type { DriverConsumption } from '../define.ts';
import { Capacity } from '../lanes.ts';
import type { ConsumeOptions } from '../transport.ts';
import { within } from '../within.ts';
import { Assignment } from './assignment.ts';
import type { KafkaConsumer, KafkaSink } from './client.ts';
import { Committer } from './committer.ts';
import { endSoon } from './end-soon.ts';
import { toTransportError, transportClosed, unavailable } from './failure.ts';
import type { KafkaSettings } from './options.ts';

/** A running `consume`. A consumer that fails is replaced, with retries until it succeeds. */
export class KafkaConsumption implements DriverConsumption {
  readonly #settings: KafkaSettings;
  readonly #groupId: string;
  readonly #options: ConsumeOptions;
  readonly #capacity: Capacity;
  #consumer: KafkaConsumer | undefined;
  #assignment: Assignment | undefined;
  #committer: Committer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #attempts = 0;
  #isStopped = false;
  #onAssigned: () => void = () => undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: KafkaSettings, groupId: string, options: ConsumeOptions) {
    this.#settings = settings;
    this.#groupId = groupId;
    this.#options = options;
    this.#capacity = new Capacity(options.maximumInFlight);
  }

  /**
   * Starts the first consumer, and waits for partitions, so that the host knows when messages
   * arrive. Not for longer than `connectTimeoutMs`, since other members can delay the group.
   */
  async begin(): Promise<void> {
    const assigned = Promise.withResolvers<void>();
    this.#onAssigned = assigned.resolve;
    await this.#start();
    const { connectTimeoutMs } = this.#settings;
    await within(assigned.promise, connectTimeoutMs).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#assignment?.stop();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.stop();
    clearTimeout(this.#timer);
    // Acks so far are committed, if there is a consumer.
    const consumer = this.#consumer;
    if (consumer !== undefined) await endSoon(async () => this.#committer?.settled());
    this.#consumer = undefined;
    this.#endAssignment(transportClosed(this.#settings.topic));
    if (consumer !== undefined) await endSoon(() => consumer.close());
  }

  async #start(): Promise<void> {
    const { client, topic, sessionTimeoutMs, from, connectTimeoutMs } = this.#settings;
    const groupId = this.#groupId;
    const consumer = client.createConsumer({ topic, groupId, sessionTimeoutMs, from });
    const failing = Promise.withResolvers<never>();
    let isStarted = false;
    this.#consumer = consumer;
    try {
      const sink = this.#sinkOf(consumer, (error) => {
        if (isStarted) this.#onFailed(consumer, error);
        else failing.reject(error);
      });
      await within(Promise.race([consumer.start(sink), failing.promise]), connectTimeoutMs);
      isStarted = true;
    } catch (error) {
      if (this.#consumer === consumer) this.#consumer = undefined;
      void endSoon(() => consumer.close());
      throw toTransportError(error, client.name, 'beginning to consume');
    }
  }

  /** Ignores the calls of a consumer that was replaced. */
  #sinkOf(consumer: KafkaConsumer, onFailed: (error: unknown) => void): KafkaSink {
    const isCurrent = (): boolean => this.#consumer === consumer;
    return {
      assigned: () => {
        if (isCurrent()) this.#beginAssignment(consumer);
      },
      room: () => this.#assignment?.room() ?? Promise.resolve(),
      record: (record) => {
        if (!isCurrent()) return;
        if (this.#assignment === undefined) this.#beginAssignment(consumer);
        this.#assignment?.take(record);
      },
      failed: (error) => {
        if (isCurrent()) onFailed(error);
      },
    };
  }

  #beginAssignment(consumer: KafkaConsumer): void {
    const { client, topic } = this.#settings;
    this.#endAssignment(unavailable(client.name, 'the partitions were reassigned'));
    this.#attempts = 0;
    this.#onAssigned();
    const committer = new Committer(consumer);
    this.#committer = committer;
    this.#assignment = new Assignment({
      client: client.name,
      topic,
      options: this.#options,
      capacity: this.#capacity,
      commit: (partition, offset) => committer.commit(partition, offset),
    });
    if (this.#isStopped) this.#assignment.stop();
  }

  #endAssignment(error: OrderchartError): void {
    this.#assignment?.end(error);
    this.#assignment = undefined;
  }

  #onFailed(consumer: KafkaConsumer, error: unknown): void {
    const failure = toTransportError(error, this.#settings.client.name, 'consuming');
    this.#consumer = undefined;
    this.#endAssignment(failure);
    this.#options.onError(failure);
    this.#startAgainLater(endSoon(() => consumer.close()));
  }

  /** Waits for the end of the old consumer. Two would take partitions from each other. */
  #startAgainLater(after: Promise<void>): void {
    if (this.#closing !== undefined) return;
    this.#attempts += 1;
    const again = async (): Promise<void> => {
      await after;
      if (this.#closing !== undefined) return;
      await this.#start().catch((error: OrderchartError) => {
        this.#options.onError(error);
        this.#startAgainLater(Promise.resolve());
      });
    };
    this.#timer = setTimeout(again, reconnectDelayMs(this.#settings, this.#attempts));
  }
}
