import { OrderchartError } from '../../errors.ts';
import type { Delivery, TransportMessage } from '../../transport/transport.ts';
import { type Answer, accepted, again } from './answer.ts';
import type { Claim } from './in-flight.ts';

/** What a handling needs of its receiver. */
export interface HandlingHost {
  /** It is done with; resolves to whether that is remembered. */
  acked(handling: Handling): Promise<boolean>;
  /** It has to come again. */
  givenBack(handling: Handling): void;
}

/**
 * One message in hand: delivered, and neither acked nor nacked. Its sender waits for the answer,
 * or has been told to come again.
 */
export class Handling {
  readonly claim: Claim;
  readonly message: TransportMessage;
  readonly attempt: number;
  readonly #host: HandlingHost;
  readonly #answer = Promise.withResolvers<Answer>();
  readonly #told = Promise.withResolvers<void>();
  #settlement: Promise<void> | undefined;

  constructor(host: HandlingHost, claim: Claim, message: TransportMessage, attempt: number) {
    this.#host = host;
    this.claim = claim;
    this.message = message;
    this.attempt = attempt;
    // Whoever acks learns of it; when nobody did, nobody has to.
    this.#told.promise.catch(() => undefined);
  }

  get delivery(): Delivery {
    const { message, attempt } = this;
    return { message, attempt, ack: () => this.#ack(), nack: (delayMs) => this.#nack(delayMs) };
  }

  /** What its sender is to be answered. */
  get answer(): Promise<Answer> {
    return this.#answer.promise;
  }

  /** The sender has been answered, or has gone away. */
  told(error?: unknown): void {
    if (error === undefined) this.#told.resolve();
    else this.#told.reject(error);
  }

  /** Nobody keeps the sender waiting any longer; the message stays in hand. */
  timeOut(): void {
    this.#answer.resolve(again('not done yet'));
    this.told(tooLate());
  }

  /** Takes the message out of the consumer's hands. */
  takeBack(): void {
    if (this.#settlement !== undefined) return;
    this.#settlement = Promise.reject(takenBack());
    this.#settlement.catch(() => undefined);
    this.#host.givenBack(this);
    this.#answer.resolve(again('not taken'));
  }

  #ack(): Promise<void> {
    this.#settlement ??= this.#acked();
    return this.#settlement;
  }

  /**
   * A sender that has gone away, or was told to come again, comes again. When it is remembered by
   * then that the message is done with, that is all the sender gets to hear: as good as told now.
   */
  async #acked(): Promise<void> {
    const isRemembered = await this.#host.acked(this);
    this.#answer.resolve(accepted);
    await this.#told.promise.catch((error: unknown) => {
      if (!isRemembered) throw error;
    });
  }

  #nack(delayMs: number | undefined): Promise<void> {
    this.#settlement ??= this.#nacked(delayMs);
    return this.#settlement;
  }

  async #nacked(delayMs: number | undefined): Promise<void> {
    this.#host.givenBack(this);
    this.#answer.resolve(again('not taken', delayMs));
    // It comes again either way.
    await this.#told.promise.catch(() => undefined);
  }
}

function tooLate(): OrderchartError {
  return new OrderchartError(
    'transportUnavailable',
    'The sender of the webhook was told to come again, for it was not done in time (answerTimeoutMs).',
  );
}

function takenBack(): OrderchartError {
  return new OrderchartError(
    'transportClosed',
    'The consumption was closed; the message was given back to its sender.',
  );
}
