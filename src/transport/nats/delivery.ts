import type { Delivery, TransportMessage } from '../transport.ts';
import { closed } from './errors.ts';

/** The answers to a delivery (https://docs.nats.io, "acknowledgement"). */
export type Acknowledgement = '+ACK' | '-NAK' | `-NAK ${string}`;

/** The position of a delivery, parsed from its reply subject. */
export interface Address {
  readonly stream: string;
  /** The message's place in the stream. */
  readonly place: number;
  /** 1 the first time. */
  readonly attempt: number;
}

/**
 * Parses `$JS.ACK.<stream>.<consumer>.<attempt>.<place>.…`. Newer servers insert a domain and the
 * hash of an account before the stream. Returns undefined for a message that is not from JetStream.
 */
export function addressOf(reply: string | undefined): Address | undefined {
  const tokens = (reply ?? '').split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK' || tokens.length < 9) return undefined;
  const [stream = '', , attempt, place] = tokens.slice(tokens.length === 9 ? 2 : 4);
  return { stream, place: Number(place), attempt: Number(attempt) };
}

/** A message in flight. */
export class NatsDelivery implements Delivery {
  readonly message: TransportMessage;
  readonly attempt: number;
  readonly place: number;
  /** The reply subject of the latest delivery. */
  reply: string;
  readonly #settle: (delivery: NatsDelivery, answer: Acknowledgement) => Promise<void>;
  #settled: Promise<void> | undefined;

  constructor(
    message: TransportMessage,
    { place, attempt }: Address,
    reply: string,
    settle: (delivery: NatsDelivery, answer: Acknowledgement) => Promise<void>,
  ) {
    this.message = message;
    this.attempt = attempt;
    this.place = place;
    this.reply = reply;
    this.#settle = settle;
  }

  // Functions, not methods: consumers destructure them, `({ message, ack }) => ...`.
  readonly ack = (): Promise<void> => {
    this.#settled ??= this.#settle(this, '+ACK');
    return this.#settled;
  };

  readonly nack = (delayMs = 0): Promise<void> => {
    this.#settled ??= this.#settle(this, nackAfter(delayMs));
    return this.#settled;
  };

  /**
   * Returns the message at the end of its consumption. A later answer must not appear to succeed.
   */
  giveBack(): Promise<void> {
    if (this.#settled !== undefined) return this.#settled;
    const told = this.#settle(this, '-NAK');
    this.#settled = told.finally(() => {
      throw closed();
    });
    // No caller may be waiting for it.
    this.#settled.catch(() => undefined);
    return told;
  }
}

/** The server counts in nanoseconds. More than 104 days would not be a safe integer. */
export function nackAfter(delayMs: number): Acknowledgement {
  const delay = Math.floor(Math.min(delayMs, 9_000_000_000)) * 1_000_000;
  return delay > 0 ? `-NAK ${JSON.stringify({ delay })}` : '-NAK';
}
