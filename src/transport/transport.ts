/**
 * The port that every transport adapter implements: messages out to a broker, and messages in from
 * it. The engine knows nothing else of a broker, and the author of an adapter needs nothing else.
 *
 * The engine converts events to messages (CloudEvents 1.0) and messages to commands, tracks its
 * position in the feed, publishes the events of one order one after the other, retries failed
 * messages, parks refused ones, and executes each command once. Adapters do none of this.
 *
 * Rules for all methods:
 * - The engine calls `open` before anything else, until it succeeds, and `close` once at the end.
 * - Infrastructure failures throw `OrderchartError`: `transportUnavailable` when the broker cannot
 *   be reached or does not answer, `transportRefused` when it rejects the credentials or cannot be
 *   used (a stream of the wrong kind), `transportClosed` after `close`. No message and no detail of
 *   an error contains a password, a token or the body of a message.
 * - The adapter keeps reconnecting until it succeeds, with growing, jittered delays. Until then
 *   `publish` fails quickly, so that messages do not pile up.
 * - The adapter keeps only messages in flight, so that the engine bounds its memory, even while the
 *   broker is unreachable.
 * - No rejection is left unhandled, and nothing is written to the console.
 * - `close` leaves nothing behind: no connection, no timer, no listener on `process`. Neither does
 *   a failed `open`, or a connection that was replaced.
 *
 * The conformance suite in `orderchart/testing` checks that an adapter follows these rules.
 */
export interface Transport {
  /** The name in logs and errors: `nats`, `webhook`... */
  readonly name: string;
  /** What the transport can do. */
  readonly features: TransportFeatures;

  /**
   * Connects, and checks that what the transport needs exists. Rejects with `transportUnavailable`
   * or `transportRefused` in bounded time, so that a wrong address or credential shows at the
   * start. A failed `open` may be repeated until it succeeds or `close` is called.
   */
  open(): Promise<void>;

  /**
   * Publishes a batch and returns a result for each message, in the order of `messages`. A message
   * that fails does not affect the others. A batch contains each key at most once, and the next
   * message of a key follows only after the result of the previous one, so order per key needs no
   * work here, unless the client reorders by itself. `published` means that the broker confirmed
   * it.
   *
   * `published` does not depend on a consumer: messages published before a consumer exists, or
   * after the last one ended, are delivered later. If a broker confirms a message and drops it
   * because no queue or subscription takes it, `open` creates that queue or subscription, or the
   * result is `failed`.
   *
   * The adapter reads the messages when `publish` is called. Later changes to them or to the array
   * have no effect. A batch may contain thousands of messages; an adapter whose broker takes fewer
   * at a time sends them in parts.
   *
   * A message may be passed again after any result but `published`, and after a crash even then,
   * with the same `id` every time. Throws only when the whole batch failed, which counts as
   * `failed` for each of its messages.
   */
  publish(messages: readonly TransportMessage[]): Promise<readonly PublishResult[]>;

  /**
   * Starts to deliver messages. Missing in a transport that only publishes. A second consumption
   * shares the messages with the first, or stands by if the broker serves one at a time. A
   * transport that supports only one refuses it (`transportRefused`). The first one is not
   * affected, neither then nor when the second one ends, unless the broker moves messages whenever
   * a consumer comes or goes. No message is in flight in both. Each has its own `maximumInFlight`.
   * While the broker is away, `consume` rejects in bounded time (`transportUnavailable`), or
   * resolves and starts to deliver when the broker is back.
   */
  consume?(options: ConsumeOptions): Promise<Consumption>;

  /**
   * Completes the calls of `publish` in flight, closes each consumption as its own `close` does, and
   * releases every resource. Messages that cannot be completed are `failed`, not `refused`. Settles
   * in bounded time, even while the broker is away. May be called repeatedly.
   */
  close(): Promise<void>;
}

/** What a transport can do. The conformance suite selects its cases by these. */
export interface TransportFeatures {
  /** The transport has `consume`. */
  readonly consumes: boolean;
  /** Published messages survive a restart of the broker. */
  readonly durable: boolean;
  /** Messages of one key are delivered in the order in which they were published. */
  readonly ordered: boolean;
  /**
   * A message published twice with the same `id` is delivered once, within documented limits. If
   * false, every published message is delivered, whatever its `id`. Other queues or topics do not
   * matter: the engine may publish the same message to several.
   */
  readonly deduplicates: boolean;
  /** A message that was nacked, or whose consumer is gone, is delivered again. */
  readonly redelivers: boolean;
  /**
   * `attempt` is 1 on the first delivery. False if `attempt` may be higher then, because an earlier
   * delivery cannot be ruled out: some brokers count messages prefetched by a consumer that ended.
   */
  readonly tellsFirstDelivery: boolean;
  /** A message nacked with a delay is not delivered again before the delay is over. */
  readonly delays: boolean;
  /**
   * A second consumer may start on the same queue or group while the first one is running. The
   * broker decides whether it shares the messages or stands by. False if the broker allows one at a
   * time.
   */
  readonly concurrentConsumers: boolean;
  /**
   * The largest body, in bytes. Larger messages are `refused`. Headers of up to 8 KB do not count: if
   * the broker has one limit for both, this number is lower than that limit.
   */
  readonly maximumBodyBytes: number;
}

/** One message on its way to or from a broker. */
export interface TransportMessage {
  /**
   * Identifies the message, by which brokers and consumers deduplicate: the same event always has
   * the same id, and different events never do. Body, key and sequence play no part in it.
   * Printable ASCII without white space, at most 200 characters.
   */
  readonly id: string;
  /**
   * Messages with the same key stay in order: one order of one tenant. Any well-formed text without
   * control characters, at most 600 characters. Empty if a received message has none.
   */
  readonly key: string;
  /**
   * The type of the message, for routing: `payment.captured`. Empty if a received message has none.
   */
  readonly type: string;
  /**
   * The position among the messages of its key, increasing (the order's version). Fences stale
   * writers.
   */
  readonly sequence: number | undefined;
  /**
   * Names in lower case (`content-type`, `ce-id`, `traceparent`) and values in printable ASCII, as
   * in the CloudEvents binding to HTTP. An adapter for a protocol with its own binding (Kafka's
   * `ce_`, AMQP's `cloudEvents:`) translates the prefix in both directions.
   */
  readonly headers: Readonly<Record<string, string>>;
  /** The content, possibly empty. The adapter does not read it. */
  readonly body: Uint8Array;
}

/** The result of publishing one message. */
export type PublishResult =
  | { readonly status: 'published' }
  /**
   * The message can never be accepted, for example because it is too large. The engine parks it.
   */
  | { readonly status: 'refused'; readonly reason: string }
  /**
   * The message may be accepted later, or was accepted and the answer got lost. The engine retries
   * it.
   */
  | { readonly status: 'failed'; readonly error: unknown };

/** Options of `consume`. */
export interface ConsumeOptions {
  /**
   * The maximum number of deliveries that are neither acked nor nacked. Bounds the consumer's
   * memory.
   */
  readonly maximumInFlight: number;
  /** Takes one delivery. Returns immediately and never throws. */
  readonly deliver: (delivery: Delivery) => void;
  /**
   * Called with failures from which the adapter recovers by itself, such as a lost connection.
   * Neither `stop` nor `close` is an error. Never throws.
   */
  readonly onError: (error: unknown) => void;
}

/**
 * A received message, which belongs to its consumer until it is acked or nacked. Consumers
 * destructure it (`({ message, ack }) => ...`), so `ack` and `nack` must work without `this`.
 *
 * Only the first call of `ack` or `nack` counts. A later one settles too, resolved or rejected, and
 * has no effect: it frees no capacity twice, and does not settle a later delivery of the message.
 */
export interface Delivery {
  /** A copy for the consumer: changes to the body do not affect the next delivery. */
  readonly message: TransportMessage;
  /**
   * 1 on the first delivery, however long the message waited for a consumer. 2 or more if the broker
   * reports, or cannot rule out, an earlier delivery.
   */
  readonly attempt: number;
  /**
   * Acknowledges the message, which is then never delivered again. Resolves when the broker has
   * been notified. A rejection means that the message may be delivered again. Until then the
   * adapter extends the broker's deadline by itself.
   */
  ack(): Promise<void>;
  /**
   * Returns the message for another delivery, to any consumer, after `delayMs` if the broker
   * supports delays, otherwise soon. May happen any number of times: the adapter must configure a
   * broker not to drop or move messages that are returned often. The delay may be any number, even a
   * fraction or `Infinity`. One that is not above 0, or is `NaN`, means immediately. A delay longer
   * than the broker supports means as long as it supports, at least ten minutes if `delays` is true.
   * The message is also redelivered if the consumption or the transport
   * is closed before the delay is over, after the delay or earlier.
   */
  nack(delayMs?: number): Promise<void>;
}

/** A running `consume`. */
export interface Consumption {
  /**
   * Stops delivering. Messages in flight may still be acked and nacked. May be called repeatedly.
   */
  stop(): Promise<void>;
  /**
   * Stops, returns the messages that were neither acked nor nacked, and ends. Acks in flight reach
   * the broker first. A later ack rejects. Settles in bounded time, even while the broker is away.
   * May be called repeatedly: a later call does not return what another consumption has in flight.
   */
  close(): Promise<void>;
}
