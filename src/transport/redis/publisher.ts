import type { PublishResult, TransportMessage } from '../transport.ts';
import { toFields, whyNever } from './entry.ts';
import { unavailable } from './errors.ts';
import type { Argument, Link } from './link.ts';
import type { RedisSettings } from './options.ts';
import { run } from './scripts.ts';

/** The limits of one script, because the server does nothing else while a script runs. */
const maximumCount = 100;
const maximumBytes = 4 * 1024 * 1024;

/** Publishes batches by a script, which adds each message and stores its id atomically. */
export class Publisher {
  readonly #link: Link;
  readonly #settings: RedisSettings;

  constructor(link: Link, settings: RedisSettings) {
    this.#link = link;
    this.#settings = settings;
  }

  async publish(messages: readonly TransportMessage[]): Promise<readonly PublishResult[]> {
    const refusals = messages.map(whyNever);
    const good = messages.filter((_, index) => refusals[index] === undefined);
    const answers = (await Promise.all(portions(good).map((each) => this.#add(each)))).flat();
    return refusals.map((reason) =>
      reason === undefined
        ? (answers.shift() ?? failed('the server did not answer.'))
        : { status: 'refused', reason: `Redis: ${reason}` },
    );
  }

  /** Never rejects, so that a failed batch does not affect the others. */
  async #add(messages: readonly TransportMessage[]): Promise<readonly PublishResult[]> {
    const { stream, deduplicationWindowMs, maximumLength, maximumAgeMs } = this.#settings;
    const keys = [stream, ...messages.map(({ id }) => `${stream}:id:${id}`)];
    const args: Argument[] = [deduplicationWindowMs, maximumLength ?? 0, maximumAgeMs ?? 0];
    for (const message of messages) {
      const fields = toFields(message);
      args.push(fields.length, ...fields);
    }
    try {
      const answers = (await run(this.#link, 'publish', keys, args)) as readonly string[];
      // After a failover the connection may lead to a replica, which accepts no writes.
      if (answers.some((answer) => answer.startsWith('-READONLY'))) this.#link.renew();
      return messages.map((_, index) => resultOf(answers[index] ?? '-the server did not answer'));
    } catch (error) {
      return messages.map(() => ({ status: 'failed', error }));
    }
  }
}

function portions(messages: readonly TransportMessage[]): readonly TransportMessage[][] {
  const all: TransportMessage[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const last = all.at(-1);
    bytes += message.body.length;
    if (last === undefined || last.length === maximumCount || bytes > maximumBytes) {
      all.push([message]);
      bytes = message.body.length;
    } else {
      last.push(message);
    }
  }
  return all;
}

function resultOf(answer: string): PublishResult {
  return /^[+=]/.test(answer) ? { status: 'published' } : failed(`XADD: ${answer.slice(1)}.`);
}

function failed(message: string): PublishResult {
  return { status: 'failed', error: unavailable(message) };
}
