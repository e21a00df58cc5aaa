import type { ConfirmChannel, Message } from 'amqplib';
import type { OrderchartError } from '../../errors.ts';
import type { PublishResult, TransportMessage } from '../transport.ts';
import type { Connection } from './connection.ts';
import { unavailable, unroutable } from './failure.ts';
import type { Session } from './link.ts';
import { toProperties } from './message.ts';
import type { RabbitmqSettings } from './options.ts';
import { queueNames, shardOf } from './topology.ts';

/** A message that was sent and is not confirmed. */
interface Pending {
  readonly id: string;
  readonly settle: (result: PublishResult) => void;
  /** The message that the broker returned because no queue took it. */
  returned: Message | undefined;
}

/** Publishes on one connection, on a channel with confirmations. */
export class Publisher implements Session {
  readonly #connection: Connection;
  readonly #settings: RabbitmqSettings;
  readonly #pending = new Set<Pending>();
  #channel: ConfirmChannel | undefined;
  /** The reason if there is no channel. */
  #failure: OrderchartError | undefined;

  private constructor(connection: Connection, settings: RabbitmqSettings) {
    this.#connection = connection;
    this.#settings = settings;
  }

  static async create(connection: Connection, settings: RabbitmqSettings): Promise<Publisher> {
    const publisher = new Publisher(connection, settings);
    const { model } = connection;
    model.on('blocked', (reason) => publisher.#block(reason));
    model.on('unblocked', () => publisher.#unblock());
    await publisher.#openChannel();
    return publisher;
  }

  /** Sends one message. Resolves when the broker has answered, or can no longer answer. */
  publish(message: TransportMessage): Promise<PublishResult> {
    const channel = this.#channel;
    if (channel === undefined) return Promise.resolve({ status: 'failed', error: this.#reason() });
    return new Promise((resolve) => this.#send(channel, message, resolve));
  }

  lost(error: OrderchartError): void {
    this.#end(error);
  }

  /** Does nothing: a transport closes only after every message has been answered. */
  async flush(): Promise<void> {
    await Promise.resolve();
  }

  #send(
    channel: ConfirmChannel,
    message: TransportMessage,
    resolve: (result: PublishResult) => void,
  ): void {
    const pending: Pending = {
      id: message.id,
      returned: undefined,
      settle: (result) => {
        if (this.#pending.delete(pending)) resolve(result);
      },
    };
    this.#pending.add(pending);
    const { exchange, routingKey } = this.#route(message);
    const body = Buffer.from(message.body.buffer, message.body.byteOffset, message.body.byteLength);
    try {
      channel.publish(exchange, routingKey, body, toProperties(message), (error: unknown) =>
        pending.settle(this.#answer(error, pending)),
      );
    } catch (error) {
      pending.settle(this.#unsendable(error));
    }
  }

  #route({ key, type }: TransportMessage): { exchange: string; routingKey: string } {
    const { exchange, shards } = this.#settings;
    if (exchange !== undefined) return { exchange, routingKey: type };
    return { exchange: '', routingKey: queueNames(this.#settings)[shardOf(key, shards)] ?? '' };
  }

  #answer(error: unknown, { returned }: Pending): PublishResult {
    const { place } = this.#connection;
    if (error !== null && error !== undefined) {
      const what = 'the message was not confirmed';
      return { status: 'failed', error: this.#failure ?? unavailable(place, what, error) };
    }
    if (returned === undefined) return { status: 'published' };
    const { exchange, routingKey } = returned.fields;
    return { status: 'failed', error: unroutable(place, exchange, routingKey) };
  }

  /** amqplib encodes before it sends, and throws if a value does not fit into AMQP. */
  #unsendable(error: unknown): PublishResult {
    if (error instanceof RangeError || error instanceof TypeError) {
      return { status: 'refused', reason: 'Its type or headers are too long for AMQP.' };
    }
    return { status: 'failed', error: unavailable(this.#connection.place, 'not sent', error) };
  }

  #reason(): OrderchartError {
    return this.#failure ?? unavailable(this.#connection.place, 'there is no channel');
  }

  async #openChannel(): Promise<void> {
    const channel = await this.#connection.model.createConfirmChannel();
    channel.on('return', (message) => this.#markReturned(message));
    channel.on('error', (error) => {
      if (this.#channel === channel) this.#connection.abort(error);
    });
    this.#channel = channel;
    this.#failure = undefined;
  }

  /** A returned message arrives before its confirmation, in the order of the channel. */
  #markReturned(message: Message): void {
    for (const pending of this.#pending) {
      if (pending.returned !== undefined || pending.id !== message.properties.messageId) continue;
      pending.returned = message;
      return;
    }
  }

  /** The broker is short of memory or disk and reads nothing until it recovers. */
  #block(reason: string): void {
    const channel = this.#channel;
    this.#channel = undefined;
    const what = `the broker accepts no messages at the moment (${reason}). Free memory or disk on it`;
    this.#end(unavailable(this.#connection.place, what));
    // Messages already sent may still be accepted. A new channel for later ones keeps the answers
    // apart. This one closes when the broker reads again.
    channel?.close().catch(() => undefined);
  }

  #unblock(): void {
    if (this.#channel !== undefined) return;
    this.#openChannel().catch((error: Error) => this.#connection.abort(error));
  }

  #end(error: OrderchartError): void {
    this.#channel = undefined;
    this.#failure = error;
    for (const pending of this.#pending) pending.settle({ status: 'failed', error });
  }
}
