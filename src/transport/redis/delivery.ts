import type { Delivery, TransportMessage } from '../transport.ts';

/** Settles deliveries. */
export interface Settlement {
  ack(place: string): Promise<void>;
  nack(place: string, delayMs: number): Promise<void>;
}

/** A message in flight. */
export class RedisDelivery implements Delivery {
  readonly message: TransportMessage;
  readonly attempt: number;
  /** The id of the entry in the stream. */
  readonly #place: string;
  readonly #settlement: Settlement;
  #settled: Promise<void> | undefined;

  constructor(message: TransportMessage, attempt: number, place: string, settlement: Settlement) {
    this.message = message;
    this.attempt = attempt;
    this.#place = place;
    this.#settlement = settlement;
  }

  // Functions, not methods: consumers destructure them, `({ message, ack }) => ...`.
  readonly ack = (): Promise<void> => {
    this.#settled ??= this.#settlement.ack(this.#place);
    return this.#settled;
  };

  readonly nack = (delayMs = 0): Promise<void> => {
    this.#settled ??= this.#settlement.nack(this.#place, delayMs);
    return this.#settled;
  };
}
