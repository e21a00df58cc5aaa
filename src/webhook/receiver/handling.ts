import { OrderchartError } from '../../errors.ts';
import type { Delivery, TransportMessage } from '../../transport/transport.ts';
import { type Answer, accepted, again } from './answer.ts';
import type { Claim } from './in-flight.ts';

/** The receiver of a {@link Handling}. */
export interface HandlingHost {
  /** Called on ack. Resolves to whether the memory has stored it. */
  acked(handling: Handling): Promise<boolean>;
  /** Called on nack. */
  givenBack(handling: Handling): void;
}

/**
 * A message in flight: delivered, and neither acked nor nacked. Its sender waits for the answer, or
 * has been asked to retry.
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
    // `ack` reports a rejection. Without an ack it is ignored.
    this.#told.promise.catch(() => undefined);
  }

  get delivery(): Delivery {
    const { message, attempt } = this;
    return { message, attempt, ack: () => this.#ack(), nack: (delayMs) => this.#nack(delayMs) };
  }

  /** The answer to the sender. */
  get answer(): Promise<Answer> {
    return this.#answer.promise;
  }

  /** Called when the sender has been answered, or has disconnected. */
  told(error?: unknown): void {
    if (error === undefined) this.#told.resolve();
    else this.#told.reject(error);
  }

  /** Asks the sender to retry. The message stays in flight. */
  timeOut(): void {
    this.#answer.resolve(again('not done yet'));
    this.told(tooLate());
  }

  /** Returns the message to its sender. */
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
   * A sender that has disconnected, or was asked to retry, sends the message again. If the memory
   * has stored it by then, the repetition is answered with success, so this ack succeeds too.
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
    // The sender retries either way.
    await this.#told.promise.catch(() => undefined);
  }
}

function tooLate(): OrderchartError {
  return new OrderchartError(
    'transportUnavailable',
    'The message was not acked in time (answerTimeoutMs), so its sender was asked to retry.',
  );
}

function takenBack(): OrderchartError {
  return new OrderchartError(
    'transportClosed',
    'The consumption was closed, and the sender of the message was asked to retry.',
  );
}
