import type { StoredMsg } from '@nats-io/jetstream';
import { RecentMap } from '../../recent-map.ts';
import { snapshotOf } from '../snapshot.ts';
import type { PublishResult, TransportMessage } from '../transport.ts';
import { isWrongLastSequence, toTransportError, unavailable, whyNever } from './errors.ts';
import type { Link } from './link.ts';
import { followsOf, isOfHistory, names, previousOf, sequenceOf, toHeaders } from './message.ts';
import type { NatsSettings } from './options.ts';
import { subjectToken } from './subject.ts';

/** The last known message of a subject. */
interface Last {
  /** The place in the stream, or 0 if there is no message. */
  readonly place: number;
  /** The message's own `sequence`. */
  readonly sequence: number | undefined;
}

const nothing: Last = { place: 0, sequence: undefined };

/** How often the last message is looked up before the message fails. */
const maximumRounds = 5;

/**
 * Publishes with a fence: every message names the one it follows on its subject, and JetStream
 * refuses it if another has come in between. So a publisher that was frozen past its lease cannot
 * put an old event behind a newer one. It looks up the last message, and finds its own, published
 * by its successor:
 *
 *   publisher A        4 ─ 5 frozen ········· 5 follows 4? refused → 5 is there: published
 *   publisher B               5 ─ 6 ─ 7
 *   the subject       ─4───── 5 ─ 6 ─ 7
 *
 * The fencing headers link the messages of a subject. Following the links shows whether a message
 * is there, even after the server has forgotten its id.
 */
export class Publisher {
  readonly #link: Link;
  readonly #settings: NatsSettings;
  readonly #last: RecentMap<Last>;

  constructor(link: Link, settings: NatsSettings) {
    this.#link = link;
    this.#settings = settings;
    this.#last = new RecentMap({ maximum: 2 * settings.rememberedKeys });
  }

  publish(messages: readonly TransportMessage[]): Promise<PublishResult[]> {
    return Promise.all(messages.map((message) => this.#answer(message)));
  }

  async #answer(message: TransportMessage): Promise<PublishResult> {
    try {
      // A copy, because it may be sent later, and more than once.
      await this.#publish(snapshotOf(message));
      return { status: 'published' };
    } catch (error) {
      const reason = whyNever(error);
      if (reason !== undefined) return { status: 'refused', reason: `NATS: ${reason}` };
      const { stream, subject } = this.#settings;
      const what = `cannot publish to ${subject} (stream ${stream})`;
      return { status: 'failed', error: toTransportError(error, what) };
    }
  }

  async #publish(message: TransportMessage): Promise<void> {
    const subject = `${this.#settings.subject}.${subjectToken(message.key)}`;
    const { sequence } = message;
    if (sequence === undefined) {
      this.#last.delete(subject);
      await this.#send(subject, message);
      return;
    }
    // The first message of an order most likely follows none. A lookup would double the latency.
    let last = this.#last.get(subject) ?? (sequence === 1 ? nothing : undefined);
    for (let round = 0; round < maximumRounds; round += 1) {
      last ??= await this.#learn(subject);
      if (last.sequence !== undefined && last.sequence >= sequence) {
        if (await this.#isThere(subject, message, sequence)) return;
        last = await this.#learn(subject);
      }
      if (await this.#follow(subject, message, last)) return;
      last = undefined;
    }
    throw unavailable(
      'other publishers kept writing to the same subject. The message will be retried.',
    );
  }

  /** Publishes after `last`. Returns false if another message has come in between. */
  async #follow(subject: string, message: TransportMessage, last: Last): Promise<boolean> {
    // Until the answer arrives, the last message is unknown.
    this.#last.delete(subject);
    try {
      const { seq, duplicate } = await this.#send(subject, message, last);
      // The place of a duplicate is that of the original, which need not be the last of its
      // subject.
      if (!duplicate) this.#last.set(subject, { place: seq, sequence: message.sequence });
      return true;
    } catch (error) {
      if (isWrongLastSequence(error)) return false;
      throw error;
    }
  }

  #send(subject: string, message: TransportMessage, last?: Last) {
    const expect = {
      streamName: this.#settings.stream,
      ...(last === undefined ? {} : { lastSubjectSequence: last.place }),
    };
    return this.#link.run(async ({ stream }) =>
      stream.publish(subject, message.body, {
        msgID: message.id,
        headers: toHeaders(message, last?.sequence),
        expect,
      }),
    );
  }

  async #learn(subject: string): Promise<Last> {
    const message = await this.#stored({ last_by_subj: subject });
    return message === null
      ? nothing
      : { place: message.seq, sequence: sequenceOf(message.header) };
  }

  /** Searches the stream for the message, backwards from the last one of its subject. */
  async #isThere(subject: string, message: TransportMessage, sequence: number): Promise<boolean> {
    let at = await this.#stored({ last_by_subj: subject });
    while (at !== null) {
      if (at.header.get(names.id) === message.id) return true;
      if ((sequenceOf(at.header) ?? 0) < sequence) return false;
      const previous = previousOf(at.header) ?? 0;
      if (previous === 0 || previous >= at.seq) return false;
      const isTrimmedOne = followsOf(at.header) === sequence && isOfHistory(at.header, message);
      at = await this.#stored({ seq: previous });
      // The previous message was trimmed. Only that one is known to have existed. Others may never
      // have been published (another publisher's types, or the same version in a later history), so
      // they must be published now.
      if (at === null) return isTrimmedOne;
    }
    return false;
  }

  #stored(query: { last_by_subj: string } | { seq: number }): Promise<StoredMsg | null> {
    return this.#link.run(({ manager }) =>
      manager.streams.getMessage(this.#settings.stream, query),
    );
  }
}
