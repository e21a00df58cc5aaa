import { OrderchartError } from '../../errors.ts';
import type { ConsumeOptions, TransportMessage } from '../../transport/transport.ts';
import { within } from '../../transport/within.ts';
import type { WebhookMemory } from '../memory.ts';
import { tell } from '../tell.ts';
import { verifyRequest } from '../verifier.ts';
import { admittedBody } from './admission.ts';
import { type Answer, accepted, refusal } from './answer.ts';
import { Attempts } from './attempts.ts';
import { newCounts, type WebhookReceiverStats } from './counts.ts';
import { Handling, type HandlingHost } from './handling.ts';
import { Identities } from './identities.ts';
import { type Claim, InFlight } from './in-flight.ts';
import type { Incoming } from './incoming.ts';
import type { ReceiverSettings } from './options.ts';
import { Readings } from './readings.ts';
import { Refused, refusedBy, webhookRefusals } from './refusal.ts';

/** The answer to a request, and a callback for when it has been sent. */
export interface Reply {
  readonly answer: Answer;
  readonly told: (error?: unknown) => void;
}

/** A message with a verified signature. */
interface Genuine {
  readonly message: TransportMessage;
  readonly identities: readonly string[];
  readonly bytes: number;
}

const whenBusySeconds = 1;
const whenAwaySeconds = 5;

/**
 * The steps for a request:
 *
 * 1. admit    a POST that claims to be signed, if there is a consumer and room;
 * 2. read     the body, within the limits of size, time and total memory;
 * 3. verify   the signature;
 * 4. claim    the identity, so that the message is in flight once, and look it up in the memory;
 * 5. deliver  the message, and wait for the consumer as long as senders wait.
 */
export class Intake implements HandlingHost {
  readonly #settings: ReceiverSettings;
  readonly #identities: Identities;
  readonly #readings: Readings;
  readonly #inFlight = new InFlight();
  readonly #attempts = new Attempts();
  readonly #counts = newCounts();
  #consumer: ConsumeOptions | undefined;

  constructor(settings: ReceiverSettings) {
    this.#settings = settings;
    this.#identities = new Identities(settings.name, settings.scheme, settings.keys);
    this.#readings = new Readings(settings);
  }

  /** Starts to deliver to a consumer. Returns a function that stops it. */
  begin(consumer: ConsumeOptions): () => void {
    if (this.#consumer !== undefined) {
      throw new OrderchartError('transportRefused', 'The webhook receiver already has a consumer.');
    }
    this.#consumer = consumer;
    return () => {
      if (this.#consumer === consumer) this.#consumer = undefined;
    };
  }

  /** Stops receiving. Requests whose bodies are being read are answered immediately. */
  end(): void {
    this.#consumer = undefined;
    this.#readings.breakAll(notConsuming());
  }

  /** Asks the senders of the messages in flight at this consumer to retry. */
  giveBackFrom(consumer: ConsumeOptions): void {
    this.#inFlight.takeBackFrom(consumer);
  }

  /** Asks the senders of all messages in flight to retry. */
  giveAllBack(): void {
    this.#inFlight.takeAllBack();
  }

  stats(): WebhookReceiverStats {
    return {
      ...this.#counts,
      refused: { ...this.#counts.refused },
      reading: this.#readings.count,
      readingBytes: this.#readings.bytes,
      inFlight: this.#inFlight.count,
      inFlightBytes: this.#inFlight.bytes,
      memory: this.#settings.memory.stats?.(),
    };
  }

  /** Handles a request. Never rejects: failures become answers. */
  async reply(incoming: Incoming): Promise<Reply> {
    this.#counts.requests += 1;
    try {
      return await this.#handle(await this.#receive(incoming));
    } catch (error) {
      const refused = refusedBy(error) ?? this.#failed(error);
      return { answer: this.#refuse(refused), told: () => undefined };
    }
  }

  async #receive(incoming: Incoming): Promise<Genuine> {
    const claim = admittedBody(incoming, this.#settings, () => this.#checkConsumer(0));
    const reading = this.#readings.begin(claim);
    try {
      const body = await incoming.readBody(reading);
      const { webhook, keys } = verifyRequest(this.#settings, incoming.headers, body);
      const { signedAt: _, ...message } = webhook;
      const identities = this.#identities.of(message.id, keys);
      return { message, identities, bytes: body.length + claim.headerBytes };
    } finally {
      this.#readings.end(reading);
    }
  }

  /** Returns the consumer if there is one with room for `bytes` more bytes. */
  #checkConsumer(bytes: number, id?: string): ConsumeOptions {
    if (this.#consumer === undefined) throw notConsuming(id);
    const { count, bytes: held } = this.#inFlight;
    if (count >= this.#consumer.maximumInFlight) {
      throw overloaded('maximumInFlight', id);
    }
    // A single message is always accepted, whatever the size of its headers.
    if (count > 0 && held + bytes >= this.#settings.maximumInFlightBytes) {
      throw overloaded('maximumInFlightBytes', id);
    }
    return this.#consumer;
  }

  async #handle({ message, identities, bytes }: Genuine): Promise<Reply> {
    const { id } = message;
    if (this.#inFlight.has(identities)) {
      throw new Refused('inFlight', 'The message is already in flight.', { id });
    }
    this.#checkConsumer(bytes, id);
    const claim = this.#inFlight.add(identities, bytes);
    try {
      if (!(await this.#wasDone(claim, id))) return await this.#deliver(claim, message);
      this.#inFlight.remove(claim);
      this.#counts.repeated += 1;
      return { answer: accepted, told: () => undefined };
    } catch (error) {
      this.#inFlight.remove(claim);
      throw error;
    }
  }

  async #wasDone(claim: Claim, id: string): Promise<boolean> {
    const closing = Promise.withResolvers<never>();
    claim.handling = { takeBack: () => closing.reject(notConsuming(id)) };
    const asked = this.#remembered(claim.identities, (memory, key) => memory.has(key));
    try {
      return (await Promise.race([asked, closing.promise])).includes(true);
    } catch (error) {
      if (error instanceof Refused) throw error;
      this.#consumer?.onError(error);
      const text = 'The memory of messages (memory) failed or timed out. The sender will retry.';
      throw new Refused('memoryUnavailable', text, { id, retryAfterSeconds: whenBusySeconds });
    }
  }

  async #deliver(claim: Claim, message: TransportMessage): Promise<Reply> {
    // The consumer may have stopped in the meantime. Room was checked before the claim was added.
    const consumer = this.#consumer;
    if (consumer === undefined) throw notConsuming(message.id);
    const handling = new Handling(this, claim, message, this.#attempts.next(claim.identities));
    claim.handling = handling;
    claim.consumer = consumer;
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

  async acked({ claim }: Handling): Promise<boolean> {
    const isRemembered = await this.#remember(claim);
    this.#counts.acked += 1;
    this.#attempts.forget(claim.identities);
    this.#inFlight.remove(claim);
    return isRemembered;
  }

  async #remember({ identities }: Claim): Promise<boolean> {
    const { now, rememberMs } = this.#settings;
    try {
      await this.#remembered(identities, (memory, key) => memory.add(key, now() + rememberMs));
      return true;
    } catch (error) {
      // The message is handled nevertheless. Only a repetition would be delivered again.
      this.#consumer?.onError(error);
      return false;
    }
  }

  /** Calls the memory, with a time limit, so that a memory that hangs does not block senders. */
  #remembered<Answer>(
    identities: readonly string[],
    ask: (memory: WebhookMemory, key: string) => Answer | Promise<Answer>,
  ): Promise<readonly Answer[]> {
    const { memory, answerTimeoutMs } = this.#settings;
    const asked = Promise.all(identities.map(async (identity) => ask(memory, identity)));
    return within(asked, answerTimeoutMs);
  }

  givenBack({ claim, attempt }: Handling): void {
    this.#counts.nacked += 1;
    this.#inFlight.remove(claim);
    this.#attempts.givenBack(claim.identities, attempt);
  }

  #refuse(refused: Refused): Answer {
    const { reason, message, id } = refused;
    this.#counts.refused[reason] += 1;
    tell(this.#settings.onRefused, { reason, status: webhookRefusals[reason], message, id });
    return refusal(refused);
  }

  /**
   * For a defect, in this code or the host's. The consumer's `onError` is called, and the sender
   * retries.
   */
  #failed(error: unknown): Refused {
    this.#consumer?.onError(error);
    return new Refused(
      'internalError',
      'The request failed with an internal error. The sender will retry.',
    );
  }
}

function overloaded(option: string, id?: string): Refused {
  const text = `Too many messages are in flight (${option}). The sender will retry.`;
  return new Refused('overloaded', text, { id, retryAfterSeconds: whenBusySeconds });
}

function notConsuming(id?: string): Refused {
  const text = 'The webhook receiver has no consumer at the moment.';
  return new Refused('notConsuming', text, { id, retryAfterSeconds: whenAwaySeconds });
}
