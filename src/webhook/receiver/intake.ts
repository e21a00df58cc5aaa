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

/** What a request comes to, and who has to know when the answer is out. */
export interface Reply {
  readonly answer: Answer;
  readonly told: (error?: unknown) => void;
}

/** A message whose signature is right. */
interface Genuine {
  readonly message: TransportMessage;
  readonly identities: readonly string[];
  readonly bytes: number;
}

const whenBusySeconds = 1;
const whenAwaySeconds = 5;

/**
 * The way of a request:
 *
 * 1. admit    a POST that claims to be signed, while somebody consumes and there is room;
 * 2. read     the body, within size, time and what all bodies may take together;
 * 3. verify   the signature;
 * 4. claim    the identity, so that it is in hand once; was it done with before?
 * 5. deliver  and wait for the consumer, so long as senders wait.
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

  /** Takes nothing more: what is being read is answered now, and not when its time is over. */
  end(): void {
    this.#consumer = undefined;
    this.#readings.breakAll(notConsuming());
  }

  /** Tells the senders of all that is in hand to come again. */
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

  /** What a request is answered. Never rejects: whatever is wrong with it is an answer too. */
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

  /** The consumer, when there is one and it has room for so many more bytes. */
  #checkConsumer(bytes: number, id?: string): ConsumeOptions {
    if (this.#consumer === undefined) throw notConsuming(id);
    const { count, bytes: held } = this.#inFlight;
    if (count >= this.#consumer.maximumInFlight) {
      throw overloaded('as many messages are in hand (maximumInFlight)', id);
    }
    // One that is alone is never too much, whatever its headers are.
    if (count > 0 && held + bytes >= this.#settings.maximumInFlightBytes) {
      throw overloaded('as many bytes are in hand (maximumInFlightBytes)', id);
    }
    return this.#consumer;
  }

  async #handle({ message, identities, bytes }: Genuine): Promise<Reply> {
    const { id } = message;
    if (this.#inFlight.has(identities)) {
      throw new Refused('inHand', 'The message is in hand already.', { id });
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
      const text = 'The memory of messages (memory) cannot be asked.';
      throw new Refused('memoryUnavailable', text, { id, retryAfterSeconds: whenBusySeconds });
    }
  }

  async #deliver(claim: Claim, message: TransportMessage): Promise<Reply> {
    // It may have stopped while the memory was asked; its own claim counts as one in hand.
    const consumer = this.#consumer;
    if (consumer === undefined) throw notConsuming(message.id);
    const handling = new Handling(this, claim, message, this.#attempts.next(claim.identities));
    claim.handling = handling;
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
      // It is done with all the same; only a repetition would be delivered again.
      this.#consumer?.onError(error);
      return false;
    }
  }

  /** Asks the memory, for no longer than a sender waits: one that hangs keeps nobody waiting. */
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

function notConsuming(id?: string): Refused {
  const text = 'Nobody consumes the webhooks now.';
  return new Refused('notConsuming', text, { id, retryAfterSeconds: whenAwaySeconds });
}
