/**
 * The port that every transport adapter implements: messages out to a broker, and messages in
 * from it. It is all that the engine knows of a broker, and all that an author of an adapter needs.
 *
 * What the engine does, so that adapters need not: events become messages (CloudEvents 1.0) and
 * messages commands; it keeps the place in the feed, publishes the events of one order one after
 * the other, tries again what failed, parks what was refused for good, runs commands once.
 *
 * Rules for all methods:
 * - The engine opens with success once, before anything else, and closes once, after everything else.
 * - Infrastructure failures throw `OrderchartError`: `transportUnavailable` when the broker cannot
 *   be reached or does not answer, `transportRefused` when it refuses who or what we are (wrong
 *   credentials, a stream that cannot be what is needed), `transportClosed` after `close`. No
 *   message and no detail of an error holds a password, a token or the body of a message.
 * - A connection that breaks is made again by the adapter itself, for as long as it takes, with
 *   growing, jittered delays; meanwhile `publish` fails soon instead of piling messages up.
 * - Nothing is kept beyond what was passed in and is not yet answered: memory stays bounded by
 *   what the engine gives, also while the broker is away.
 * - No rejection is left unhandled and nothing is written to the console.
 * - `close` leaves nothing behind: no connection, no timer, no listener on `process`. Nor does an
 *   `open` that failed, or a connection that was replaced.
 *
 * `orderchart/testing` has the conformance suite that tells whether an adapter keeps all this.
 */
export interface Transport {
  /** For logs and errors: `nats`, `webhook`... */
  readonly name: string;
  readonly features: TransportFeatures;

  /**
   * Connects, and checks that what it needs is there. Rejects with `transportUnavailable` or
   * `transportRefused`, in bounded time: a wrong address or credential is found at the start. One
   * that failed may be tried again, until it succeeds or `close` is called.
   */
  open(): Promise<void>;

  /**
   * Publishes a batch and answers each message, in the order of `messages`; one that fails leaves
   * its neighbours alone. Within one batch every key stands at most once, and the next message of
   * a key comes only after the answer to the one before: order per key needs no work here, unless
   * the client would reorder on its own. `published` means that the broker has confirmed it.
   *
   * `published` does not depend on a consumer: what is published before anybody consumes is
   * delivered later. Where a broker confirms a message and drops it because no queue or
   * subscription takes it, `open` creates that queue or subscription, or the answer is `failed`.
   *
   * The messages are read when `publish` is called: what the caller does to them or to the array, also
   * before the answer, changes nothing. A batch may have thousands of messages; an adapter whose
   * broker takes fewer at a time sends them in parts.
   *
   * A message may be given again after any answer but `published`, and after a crash even then:
   * it has the same `id` every time. Throws only when the whole batch failed, which counts as
   * `failed` for each of its messages.
   */
  publish(messages: readonly TransportMessage[]): Promise<readonly PublishResult[]>;

  /**
   * Begins to deliver messages. Left out by a transport that only publishes. A second consumption
   * shares the messages with the first one, or stands by where the broker serves one at a time; a
   * transport that can have only one refuses it (`transportRefused`). The first one stays at work
   * whatever becomes of the second, and nothing is in the hand of both.
   */
  consume?(options: ConsumeOptions): Promise<Consumption>;

  /**
   * Finishes what was passed to `publish`, and lets go of every resource. What cannot be finished is
   * `failed`, not `refused`. Harmless to repeat.
   */
  close(): Promise<void>;
}

/** What a transport can do; the conformance suite picks its cases by these. */
export interface TransportFeatures {
  /** It has `consume`. */
  readonly consumes: boolean;
  /** What is `published` outlives a restart of the broker. */
  readonly durable: boolean;
  /** Messages of one key are delivered in the order in which they were published. */
  readonly ordered: boolean;
  /**
   * A message that is published twice with one `id` is delivered once (within limits it documents).
   * Where this is false, every message that is `published` is delivered, whatever its `id`.
   */
  readonly deduplicates: boolean;
  /** A delivery that was nacked, or whose consumer is gone, comes again. */
  readonly redelivers: boolean;
  /**
   * It knows what was delivered before: `attempt` is 1 the first time. False where an earlier
   * delivery cannot be excluded, so that `attempt` may be above 1 the first time: because the broker
   * counts what was fetched ahead for a consumer that ended, for one.
   */
  readonly tellsFirstDelivery: boolean;
  /** A delivery that was nacked with a delay does not come again before the delay is over. */
  readonly delays: boolean;
  /**
   * A second consumer may begin on the same place while a first one is at work; whether it shares
   * the messages or stands by is the broker's affair. False where the broker takes one at a time.
   */
  readonly concurrentConsumers: boolean;
  /** The largest body it carries, in bytes; larger messages are `refused`. */
  readonly maximumBodyBytes: number;
}

/** One message, as it travels. */
export interface TransportMessage {
  /**
   * The same whenever the same event is published, and no other's: for the deduplication of
   * brokers and consumers. Nothing else makes two messages one, neither body nor key and sequence.
   * Printable ASCII without white space, at most 200 characters.
   */
  readonly id: string;
  /**
   * What must stay in order among itself: one order of one tenant. Any well-formed text without
   * control characters, at most 600 characters; empty on a message that came in without one.
   */
  readonly key: string;
  /** What kind of message it is, for routing: `payment.captured`. Empty when it came in without. */
  readonly type: string;
  /** The place among the messages of its key, growing (the order's version); to fence stale writers. */
  readonly sequence: number | undefined;
  /**
   * Names in lower case (`content-type`, `ce-id`, `traceparent`), values of printable ASCII: the
   * form of CloudEvents' binding to HTTP. An adapter for a protocol with a binding of its own
   * (Kafka's `ce_`, AMQP's `cloudEvents:`) translates the prefix, both ways.
   */
  readonly headers: Readonly<Record<string, string>>;
  /** May be empty; the adapter does not look inside. */
  readonly body: Uint8Array;
}

/** What became of one message. */
export type PublishResult =
  | { readonly status: 'published' }
  /** It will never be accepted (too large, for one). The engine parks it. */
  | { readonly status: 'refused'; readonly reason: string }
  /** It may be accepted later, or has been and the answer was lost. The engine tries it again. */
  | { readonly status: 'failed'; readonly error: unknown };

/** What `consume` is given. */
export interface ConsumeOptions {
  /** Deliveries that are neither acked nor nacked, at most: what bounds the consumer's memory. */
  readonly maximumInFlight: number;
  /** Takes one delivery; returns at once and never throws. */
  readonly deliver: (delivery: Delivery) => void;
  /**
   * Hears of what went wrong and is being mended by the adapter (a lost connection), and of nothing
   * else: neither `stop` nor `close` is an error. Never throws.
   */
  readonly onError: (error: unknown) => void;
}

/**
 * One message that came in, and is ours until it is acked or nacked. Consumers take `ack` and `nack`
 * out of it (`({ message, ack }) => ...`), so these do without `this`.
 *
 * The first answer counts. A later one settles as well, resolved or rejected, and changes nothing:
 * it frees no room twice, and neither acks nor nacks what has come again meanwhile.
 */
export interface Delivery {
  /** The consumer's own: what it does to the body does not reach the next delivery. */
  readonly message: TransportMessage;
  /**
   * 1 the first time, also when the message waited long for a consumer; 2 or more when the broker
   * says, or cannot exclude, that it was told before.
   */
  readonly attempt: number;
  /**
   * It is done: never deliver it again. Resolves when the broker has been told; a rejection means
   * that it may come again. While a delivery is in hand the adapter keeps it ours (it extends the
   * broker's deadline by itself).
   */
  ack(): Promise<void>;
  /**
   * Deliver it again, to whoever, after `delayMs` where the broker can wait, else soon. However often:
   * a broker that drops what came back too often (or moves it elsewhere) is told not to. Any number
   * will do: what is not above 0 means at once, and what is more than the broker can wait means as
   * long as it can, ten minutes at least where `delays` is true. It comes again also when the
   * consumption or the transport is closed before the delay is over, then or earlier.
   */
  nack(delayMs?: number): Promise<void>;
}

/** A running `consume`. */
export interface Consumption {
  /** Delivers nothing more; what was delivered may still be acked and nacked. Harmless to repeat. */
  stop(): Promise<void>;
  /**
   * After `stop`: gives back what was neither acked nor nacked, and ends. Acks that are under way
   * are told to the broker first. An ack that comes later rejects. Harmless to repeat.
   */
  close(): Promise<void>;
}
