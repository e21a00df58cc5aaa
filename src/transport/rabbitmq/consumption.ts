import type { Channel, ConsumeMessage } from 'amqplib';
import type { OrderchartError } from '../../errors.ts';
import type { DriverConsumption } from '../define.ts';
import { Capacity, type LaneEntry, Lanes } from '../lanes.ts';
import { snapshotOf } from '../snapshot.ts';
import type { ConsumeOptions, Delivery } from '../transport.ts';
import type { Connection } from './connection.ts';
import { unavailable } from './failure.ts';
import { Link, type Session } from './link.ts';
import { attemptOf, toMessage } from './message.ts';
import type { RabbitmqSettings } from './options.ts';
import { prepareTopology, queueNames } from './topology.ts';

/**
 * The longest delay of a nacked delivery, in milliseconds. The delivery waits in this process,
 * since RabbitMQ has no delays, and closes the channel of a consumer that settles late
 * (`consumer_timeout`,
 * 30 minutes).
 */
const longestWaitMs = 10 * 60_000;

/**
 * The least prefetch of a consumer of a quorum queue. Returned messages wait at the front of the
 * queue. If the next consumer prefetches fewer, the rest of them come before those that it returns
 * in its turn, and the order is lost. Consumers with the same prefetch keep it. `Capacity` bounds the
 * messages in flight, not the prefetch.
 */
const quorumPrefetch = 64;

/** A running `consume`, on a separate connection that a blocked publisher does not block. */
export class RabbitmqConsumption implements DriverConsumption {
  readonly #options: ConsumeOptions;
  readonly #settings: RabbitmqSettings;
  readonly #link: Link<Intake>;
  readonly #capacity: Capacity;
  #isStopped = false;

  constructor(settings: RabbitmqSettings, options: ConsumeOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#capacity = new Capacity(options.maximumInFlight);
    this.#link = new Link({
      settings,
      setUp: (connection) => this.#setUp(connection),
      onError: options.onError,
    });
  }

  begin(): Promise<void> {
    return this.#link.open();
  }

  /**
   * The consumer stays registered with the broker. Otherwise another one would be served now, and
   * overtake the messages in flight here.
   */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#link.session?.stop();
  }

  async close(): Promise<void> {
    await this.stop();
    // Closing the channel returns unsettled messages to the front of their queue.
    await this.#link.close();
  }

  async #setUp(connection: Connection): Promise<Intake> {
    await prepareTopology(connection.model, this.#settings, connection.place);
    const channel = await connection.model.createChannel();
    const { queueType, singleActiveConsumer } = this.#settings;
    const leastPrefetch = queueType === 'quorum' && singleActiveConsumer ? quorumPrefetch : 1;
    const intake = new Intake(connection, channel, this.#capacity, this.#options);
    // Register before setting up, which may fail: messages delivered until then must free their room.
    connection.model.once('close', () => intake.lost(this.#link.error));
    if (this.#isStopped) intake.stop();
    const names = queueNames(this.#settings);
    const queues = this.#settings.consumeShards.map((shard) => names[shard] ?? '');
    await intake.start(queues, leastPrefetch);
    return intake;
  }
}

/** The deliveries of one connection. They cannot be settled after it is gone. */
class Intake implements Session {
  readonly #connection: Connection;
  readonly #channel: Channel;
  readonly #maximumInFlight: number;
  readonly #lanes: Lanes<ConsumeMessage>;
  #error: OrderchartError | undefined;

  constructor(
    connection: Connection,
    channel: Channel,
    capacity: Capacity,
    options: ConsumeOptions,
  ) {
    this.#connection = connection;
    this.#channel = channel;
    this.#maximumInFlight = options.maximumInFlight;
    this.#lanes = new Lanes(capacity, (entry) => options.deliver(this.#deliveryOf(entry)));
    // A channel closed by the broker delivers nothing more, so a new connection is made.
    channel.on('error', (error) => connection.abort(error));
  }

  async start(queues: readonly string[], leastPrefetch: number): Promise<void> {
    for (const [index, queue] of queues.entries()) {
      // Per consumer, because quorum queues do not support a prefetch per channel.
      const share = shareOf(this.#maximumInFlight, index, queues.length);
      await this.#channel.prefetch(Math.max(share, leastPrefetch));
      await this.#channel.consume(queue, (message) => {
        if (message === null) {
          this.#connection.abort(new Error(`the broker cancelled the consumer of '${queue}'`));
        } else this.#lanes.add(toMessage(message).key, message);
      });
    }
  }

  stop(): void {
    this.#lanes.stop();
  }

  lost(error: OrderchartError): void {
    this.#error ??= error;
    this.#lanes.clear();
  }

  /** Without it, amqplib could close the connection before its channels have sent everything. */
  async flush(): Promise<void> {
    await this.#channel.close();
  }

  #deliveryOf(entry: LaneEntry<ConsumeMessage>): Delivery {
    let isAnswered = false;
    return {
      // A copy, because the consumer may change it and the item may be delivered again from here.
      message: snapshotOf(toMessage(entry.item)),
      attempt: attemptOf(entry.item) + entry.retries,
      ack: async () => {
        if (isAnswered) throw this.#late('this delivery was already acked or nacked');
        isAnswered = true;
        const isTold = this.#tell(entry.item);
        this.#lanes.done(entry);
        if (!isTold) throw this.#late('the connection of this delivery is gone');
      },
      // Resolves also if the connection is gone or an earlier ack failed: the broker redelivers.
      nack: async (delayMs = 0) => {
        if (!isAnswered) this.#lanes.again(entry, Math.min(delayMs, longestWaitMs));
        isAnswered = true;
      },
    };
  }

  /** Returns false if the ack cannot be sent. amqplib throws if the channel is closing. */
  #tell(message: ConsumeMessage): boolean {
    if (this.#error !== undefined) return false;
    try {
      this.#channel.ack(message);
      return true;
    } catch {
      return false;
    }
  }

  #late(what: string): OrderchartError {
    return unavailable(
      this.#connection.place,
      `${what}; the message may be redelivered`,
      this.#error,
    );
  }
}

/** The shares add up to the whole. */
function shareOf(whole: number, index: number, count: number): number {
  return Math.floor(whole / count) + (index < whole % count ? 1 : 0);
}
