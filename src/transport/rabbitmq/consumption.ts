import type { Channel, ConsumeMessage } from 'amqplib';
import type { OrderchartError } from '../../errors.ts';
import { type LaneEntry, Lanes } from '../lanes.ts';
import type { ConsumeOptions, Consumption, Delivery } from '../transport.ts';
import type { Connection } from './connection.ts';
import { unavailable } from './failure.ts';
import { Link, type Session } from './link.ts';
import { attemptOf, toMessage } from './message.ts';
import type { RabbitmqSettings } from './options.ts';
import { prepareTopology, queueNames } from './topology.ts';

/** A running `consume`: a connection of its own, which a blocked publisher does not hold up. */
export class RabbitmqConsumption implements Consumption {
  readonly #options: ConsumeOptions;
  readonly #settings: RabbitmqSettings;
  readonly #link: Link<Intake>;
  readonly #onClosed: () => void;
  #isStopped = false;

  constructor(settings: RabbitmqSettings, options: ConsumeOptions, onClosed: () => void) {
    this.#settings = settings;
    this.#options = options;
    this.#onClosed = onClosed;
    this.#link = new Link({
      settings,
      setUp: (connection) => this.#setUp(connection),
      onError: options.onError,
    });
  }

  open(): Promise<void> {
    return this.#link.open();
  }

  /**
   * The broker goes on to regard us as the consumer: another one that is served now would overtake
   * the messages that are in hand here.
   */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#link.session?.stop();
  }

  async close(): Promise<void> {
    await this.stop();
    // What is neither acked nor nacked goes back to the front of its queue with the channel.
    await this.#link.close();
    this.#onClosed();
  }

  async #setUp(connection: Connection): Promise<Intake> {
    await prepareTopology(connection.model, this.#settings, connection.place);
    const intake = new Intake(connection, await connection.model.createChannel(), this.#options);
    if (this.#isStopped) intake.stop();
    const names = queueNames(this.#settings);
    await intake.start(this.#settings.consumeShards.map((shard) => names[shard] ?? ''));
    return intake;
  }
}

/** What comes in on one connection. Deliveries of a connection that is gone cannot be answered. */
class Intake implements Session {
  readonly #connection: Connection;
  readonly #channel: Channel;
  readonly #options: ConsumeOptions;
  readonly #lanes: Lanes<ConsumeMessage>;
  /** Came in beyond `maximumInFlight`: possible only with more queues than that. */
  readonly #surplus: ConsumeMessage[] = [];
  /** Messages that the broker regards as ours. */
  #taken = 0;
  #error: OrderchartError | undefined;

  constructor(connection: Connection, channel: Channel, options: ConsumeOptions) {
    this.#connection = connection;
    this.#channel = channel;
    this.#options = options;
    this.#lanes = new Lanes((entry) => this.#options.deliver(this.#deliveryOf(entry)));
    // Without an answer of ours the broker would deliver nothing more: a new connection mends it.
    channel.on('error', (error) => connection.abort(error));
  }

  async start(queues: readonly string[]): Promise<void> {
    const { maximumInFlight } = this.#options;
    // Counted for each queue. Quorum queues know no count for a whole channel.
    await this.#channel.prefetch(Math.max(1, Math.floor(maximumInFlight / queues.length)));
    for (const queue of queues) {
      await this.#channel.consume(queue, (message) => {
        if (message === null) {
          this.#connection.abort(new Error(`the broker cancelled the consumer of '${queue}'`));
        } else this.#take(message);
      });
    }
  }

  stop(): void {
    this.#lanes.stop();
  }

  lost(error: OrderchartError): void {
    this.#error = error;
    this.#lanes.clear();
  }

  /** amqplib lets the end of a connection overtake what its channels still have to send. */
  async flush(): Promise<void> {
    await this.#channel.close();
  }

  #take(message: ConsumeMessage): void {
    if (this.#taken >= this.#options.maximumInFlight) {
      this.#surplus.push(message);
      return;
    }
    this.#taken += 1;
    this.#lanes.add(toMessage(message).key, message);
  }

  #deliveryOf(entry: LaneEntry<ConsumeMessage>): Delivery {
    let isAnswered = false;
    const answer = (): void => {
      const { place } = this.#connection;
      if (this.#error !== undefined) {
        throw unavailable(
          place,
          'the connection of this delivery is gone; it comes again',
          this.#error,
        );
      }
      if (isAnswered) throw unavailable(place, 'this delivery was acked or nacked before');
      isAnswered = true;
    };
    return {
      message: toMessage(entry.item),
      attempt: attemptOf(entry.item) + entry.retries,
      ack: async () => {
        answer();
        this.#channel.ack(entry.item);
        this.#done(entry);
      },
      nack: async (delayMs = 0) => {
        answer();
        this.#lanes.again(entry, delayMs);
      },
    };
  }

  #done(entry: LaneEntry<ConsumeMessage>): void {
    this.#taken -= 1;
    this.#lanes.done(entry);
    const next = this.#surplus.shift();
    if (next !== undefined) this.#take(next);
  }
}
