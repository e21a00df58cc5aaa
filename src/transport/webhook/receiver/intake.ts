import { OrderchartError } from '../../../errors.ts';
import type { ConsumeOptions, TransportMessage } from '../../transport.ts';
import { within } from '../../within.ts';
import { type HeaderValues, headerValues, singleValue } from '../headers.ts';
import type { WebhookMemory } from '../memory.ts';
import { claimOf, createVerifier, tooLarge, type WebhookVerifier } from '../verifier.ts';
import { type Answer, accepted, refusal } from './answer.ts';
import { newCounts, type WebhookReceiverStats } from './counts.ts';
import { Handling, type HandlingHost } from './handling.ts';
import type { Incoming } from './incoming.ts';
import type { ReceiverSettings } from './options.ts';
import { Refused, refusedBy, webhookRefusals } from './refusal.ts';

/** What a request comes to, and who has to know when the answer is out. */
export interface Reply {
  readonly answer: Answer;
  readonly told: (error?: unknown) => void;
}

/** So many messages that were given back are remembered, to count their attempts. */
const maximumAttemptsKept = 10_000;
/**
 * A sender does not say how often it has tried, and another process may have given the message back:
 * nothing excludes that it was told before, which is what 1 would mean.
 */
const firstAttempt = 2;
const whenBusySeconds = 1;
const whenAwaySeconds = 5;

/**
 * The way of a request:
 *
 * 1. admit    a POST that claims to be signed, while somebody consumes and there is room;
 * 2. read     the body, within size and time;
 * 3. verify   the signature;
 * 4. claim    the id, so that it is in hand once; was it done with before?
 * 5. deliver  and wait for the consumer, so long as senders wait.
 */
export class Intake implements HandlingHost {
  readonly #settings: ReceiverSettings;
  readonly #verifier: WebhookVerifier;
  readonly #counts = newCounts();
  /** Messages in hand by their ids; `undefined` while it is not known yet whether it is a repetition. */
  readonly #claims = new Map<string, Handling | undefined>();
  /** The next attempt of messages that were given back. */
  readonly #attempts = new Map<string, number>();
  #reading = 0;
  #consumer: ConsumeOptions | undefined;

  constructor(settings: ReceiverSettings) {
    this.#settings = settings;
    this.#verifier = createVerifier(settings);
  }

  /** Takes messages for a consumer; gives the function that ends it. */
  begin(consumer: ConsumeOptions): () => void {
    if (this.#consumer !== undefined) {
      throw new OrderchartError('transportRefused', 'The webhook receiver is consumed already.');
    }
    this.#consumer = consumer;
    return () => {
      if (this.#consumer === consumer) this.#consumer = undefined;
    };
  }

  end(): void {
    this.#consumer = undefined;
  }

  /** Tells the senders of all that is in hand to come again. */
  giveAllBack(): void {
    for (const handling of [...this.#claims.values()]) handling?.takeBack();
  }

  stats(): WebhookReceiverStats {
    return { ...this.#counts, refused: { ...this.#counts.refused } };
  }

  /** What a request is answered. Never rejects: whatever is wrong with it is an answer too. */
  async reply(incoming: Incoming): Promise<Reply> {
    this.#counts.requests += 1;
    try {
      const message = await this.#receive(incoming);
      return await this.#handle(message);
    } catch (error) {
      const refused = refusedBy(error) ?? this.#failed(error);
      return { answer: this.#refuse(refused), told: () => undefined };
    }
  }

  async #receive(incoming: Incoming): Promise<TransportMessage> {
    this.#admit(incoming);
    this.#reading += 1;
    try {
      const body = await incoming.readBody(this.#settings);
      const { signedAt: _, ...message } = this.#verifier.verify(incoming.headers, body);
      return message;
    } finally {
      this.#reading -= 1;
    }
  }

  #admit({ method, headers }: Incoming): void {
    if (method !== 'POST') throw new Refused('methodNotAllowed', 'Webhooks are POST requests.');
    this.#checkConsumer();
    if (this.#reading >= this.#settings.maximumReadingRequests) {
      throw overloaded('as many requests are being read (maximumReadingRequests)');
    }
    const values = headerValues(headers);
    if ((singleValue(values, 'content-encoding') ?? 'identity') !== 'identity') {
      throw new Refused('encodingUnsupported', 'The body of a webhook must not be compressed.');
    }
    if (declaredBytes(values) > this.#settings.maximumBodyBytes) {
      throw tooLarge(this.#settings.maximumBodyBytes);
    }
    // Of who has not signed, not even the body is read.
    claimOf(this.#settings.scheme, values);
  }

  /** The consumer, when there is one and it has room. */
  #checkConsumer(id?: string): ConsumeOptions {
    if (this.#consumer === undefined) {
      throw new Refused('notConsuming', 'Nobody consumes the webhooks now.', {
        id,
        retryAfterSeconds: whenAwaySeconds,
      });
    }
    if (this.#claims.size >= this.#consumer.maximumInFlight) {
      throw overloaded('as many messages are in hand (maximumInFlight)', id);
    }
    return this.#consumer;
  }

  async #handle(message: TransportMessage): Promise<Reply> {
    const { id } = message;
    if (this.#claims.has(id))
      throw new Refused('inHand', 'The message is in hand already.', { id });
    this.#checkConsumer(id);
    this.#claims.set(id, undefined);
    try {
      if (await this.#wasDone(id)) return this.#repeated(id);
      return await this.#deliver(message);
    } catch (error) {
      this.#claims.delete(id);
      throw error;
    }
  }

  async #wasDone(id: string): Promise<boolean> {
    try {
      return await this.#remembered((memory) => memory.has(id));
    } catch (error) {
      this.#consumer?.onError(error);
      const text = 'The memory of messages (memory) cannot be asked.';
      throw new Refused('memoryUnavailable', text, { id, retryAfterSeconds: whenBusySeconds });
    }
  }

  #repeated(id: string): Reply {
    this.#claims.delete(id);
    this.#counts.repeated += 1;
    return { answer: accepted, told: () => undefined };
  }

  async #deliver(message: TransportMessage): Promise<Reply> {
    // It may have stopped while the memory was asked; its own claim counts as one in hand.
    const consumer = this.#consumer ?? this.#checkConsumer(message.id);
    const handling = new Handling(this, message, this.#attempts.get(message.id) ?? firstAttempt);
    this.#claims.set(message.id, handling);
    this.#counts.delivered += 1;
    const timer = setTimeout(() => this.#timeOut(handling), this.#settings.answerTimeoutMs);
    try {
      consumer.deliver(handling.delivery);
      return { answer: await handling.answer, told: (error) => handling.told(error) };
    } finally {
      clearTimeout(timer);
    }
  }

  #timeOut(handling: Handling): void {
    this.#counts.timedOut += 1;
    handling.timeOut();
  }

  async acked({ message: { id } }: Handling): Promise<boolean> {
    const isRemembered = await this.#remember(id);
    this.#counts.acked += 1;
    this.#attempts.delete(id);
    this.#claims.delete(id);
    return isRemembered;
  }

  async #remember(id: string): Promise<boolean> {
    const { now, rememberMs } = this.#settings;
    try {
      await this.#remembered((memory) => memory.add(id, now() + rememberMs));
      return true;
    } catch (error) {
      // It is done with all the same; only a repetition would be delivered again.
      this.#consumer?.onError(error);
      return false;
    }
  }

  /** Asks the memory, for no longer than a sender waits: one that hangs keeps nobody waiting. */
  #remembered<Answer>(ask: (memory: WebhookMemory) => Answer | Promise<Answer>): Promise<Answer> {
    const { memory, answerTimeoutMs } = this.#settings;
    return within(Promise.resolve(ask(memory)), answerTimeoutMs);
  }

  givenBack({ message: { id }, attempt }: Handling): void {
    this.#counts.nacked += 1;
    this.#claims.delete(id);
    this.#attempts.delete(id);
    this.#attempts.set(id, attempt + 1);
    const [oldest] = this.#attempts.keys();
    if (this.#attempts.size > maximumAttemptsKept && oldest !== undefined) {
      this.#attempts.delete(oldest);
    }
  }

  #refuse(refused: Refused): Answer {
    const { reason, message, id } = refused;
    this.#counts.refused[reason] += 1;
    try {
      this.#settings.onRefused({ reason, status: webhookRefusals[reason], message, id });
    } catch {
      // The host's hook is the host's affair; the sender gets its answer.
    }
    return refusal(refused);
  }

  /** A defect, of ours or of the host's: the sender shall try again, and the host shall know. */
  #failed(error: unknown): Refused {
    this.#consumer?.onError(error);
    return new Refused('internalError', 'The request could not be handled.');
  }
}

function overloaded(what: string, id?: string): Refused {
  const text = `No more webhooks are taken at this moment: ${what}.`;
  return new Refused('overloaded', text, { id, retryAfterSeconds: whenBusySeconds });
}

function declaredBytes(values: HeaderValues): number {
  return Number(singleValue(values, 'content-length') ?? 0);
}
