import type { Channel, ConsumeMessage } from 'amqplib';
import type { OrderchartError } from '../../errors.ts';
import type { DriverConsumption } from '../define.ts';
import { type LaneEntry, Lanes, Room } from '../lanes.ts';
import { snapshotOf } from '../snapshot.ts';
import type { ConsumeOptions, Delivery } from '../transport.ts';
import type { Connection } from './connection.ts';
import { unavailable } from './failure.ts';
import { Link, type Session } from './link.ts';
import { attemptOf, toMessage } from './message.ts';
import type { RabbitmqSettings } from './options.ts';
import { prepareTopology, queueNames } from './topology.ts';

/**
 * How long a delivery that was nacked waits here at most, in milliseconds: RabbitMQ cannot wait
 * itself, and closes the channel of who answers a delivery late (`consumer_timeout`, 30 minutes).
 */
const longestWaitMs = 10 * 60_000;

/**
 * What a consumer asks a quorum queue for at least. Messages that a consumer gives back wait in
 * front of the queue; those that its successor does not take at once, because it asks for less, come
 * before those that the successor gives back in its turn. Two consumers that ask for the same keep
 * the order. How many of them are in hand is a matter of `Room`, not of this.
 */
const quorumPrefetch = 64;

/** A running `consume`: a connection of its own, which a blocked publisher does not hold up. */
export class RabbitmqConsumption implements DriverConsumption {
  readonly #options: ConsumeOptions;
  readonly #settings: RabbitmqSettings;
  readonly #link: Link<Intake>;
  readonly #room: Room;
  #isStopped = false;

  constructor(settings: RabbitmqSettings, options: ConsumeOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#room = new Room(options.maximumInFlight);
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
  }

  async #setUp(connection: Connection): Promise<Intake> {
    await prepareTopology(connection.model, this.#settings, connection.place);
    const channel = await connection.model.createChannel();
    const { queueType, singleActiveConsumer } = this.#settings;
    const leastPrefetch = queueType === 'quorum' && singleActiveConsumer ? quorumPrefetch : 1;
    const intake = new Intake(connection, channel, this.#room, this.#options);
    // Also when it is given up before it is a session of the link: what it has handed out by then
    // must not keep its room.
    connection.model.once('close', () => intake.lost(this.#link.error));
    if (this.#isStopped) intake.stop();
    const names = queueNames(this.#settings);
    const queues = this.#settings.consumeShards.map((shard) => names[shard] ?? '');
    await intake.start(queues, leastPrefetch);
    return intake;
  }
}

/** What comes in on one connection. Deliveries of a connection that is gone cannot be answered. */
class Intake implements Session {
  readonly #connection: Connection;
  readonly #channel: Channel;
  readonly #maximumInFlight: number;
  readonly #lanes: Lanes<ConsumeMessage>;
  #error: OrderchartError | undefined;

  constructor(connection: Connection, channel: Channel, room: Room, options: ConsumeOptions) {
    this.#connection = connection;
    this.#channel = channel;
    this.#maximumInFlight = options.maximumInFlight;
    this.#lanes = new Lanes(room, (entry) => options.deliver(this.#deliveryOf(entry)));
    // A channel that the broker closed delivers nothing more: a new connection mends it.
    channel.on('error', (error) => connection.abort(error));
  }

  async start(queues: readonly string[], leastPrefetch: number): Promise<void> {
    for (const [index, queue] of queues.entries()) {
      // Counted for each consumer; quorum queues know no count for a whole channel.
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

  /** amqplib lets the end of a connection overtake what its channels still have to send. */
  async flush(): Promise<void> {
    await this.#channel.close();
  }

  #deliveryOf(entry: LaneEntry<ConsumeMessage>): Delivery {
    let isAnswered = false;
    return {
      // It is handed out again from here, whatever a consumer does to it.
      message: snapshotOf(toMessage(entry.item)),
      attempt: attemptOf(entry.item) + entry.retries,
      ack: async () => {
        if (isAnswered) throw this.#late('this delivery was acked or nacked before');
        isAnswered = true;
        const isTold = this.#tell(entry.item);
        this.#lanes.done(entry);
        if (!isTold) throw this.#late('the connection of this delivery is gone');
      },
      // Also when the connection is gone, or an ack before failed: then it comes again by itself.
      nack: async (delayMs = 0) => {
        if (!isAnswered) this.#lanes.again(entry, Math.min(delayMs, longestWaitMs));
        isAnswered = true;
      },
    };
  }

  /** False when there is nobody to tell: amqplib throws on a channel that is closing. */
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
    return unavailable(this.#connection.place, `${what}; the message may come again`, this.#error);
  }
}

/** All shares together are the whole. */
function shareOf(whole: number, index: number, count: number): number {
  return Math.floor(whole / count) + (index < whole % count ? 1 : 0);
}
