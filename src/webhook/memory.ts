import { z } from 'zod';
import { callable, type OptionSchemas, whole } from '../options.ts';
import { AgedMap } from './aged-map.ts';

/**
 * Remembers which messages were done with, so that a repetition is answered and not delivered
 * again. Within the process by default; where several processes take requests for one endpoint,
 * share one (Redis, a table), else the engine's own memory of commands is what remains.
 *
 * It is asked by keys of 43 characters (`A-Z a-z 0-9 - _`). A key stands for a receiver's `name`, a
 * secret that has signed the message, and the message's id: no sender can use up another's ids, and
 * neither id nor secret can be read from it.
 */
export interface WebhookMemory {
  /** Whether the message was done with. A rejection answers the request with "later". */
  readonly has: (key: string) => boolean | Promise<boolean>;
  /** It is done with: remember it until a time, in milliseconds since the Unix epoch. */
  readonly add: (key: string, until: number) => void | Promise<void>;
  /** How full it is, for the receiver's `stats()`. */
  readonly stats?: (() => WebhookMemoryStats) | undefined;
}

/** How full a memory within the process is. */
export interface WebhookMemoryStats {
  /** Keys that are remembered. A message has one for each secret that has signed it. */
  readonly keys: number;
  /** What they take, by a cautious estimate. */
  readonly bytes: number;
  /** Keys that had to go before their time, because of `maximumBytes`. */
  readonly forgottenEarly: number;
}

/** What {@link createWebhookMemory} takes. */
export interface WebhookMemoryOptions {
  /** How much is remembered at most; the oldest go first. 32 MiB by default: 150,000 messages. */
  readonly maximumBytes?: number | undefined;
  /** The time, in milliseconds since the Unix epoch. The host's clock by default. */
  readonly now?: (() => number) | undefined;
}

export const defaultMemoryBytes = 33_554_432;

export const memorySchema = z.strictObject({
  maximumBytes: whole(1_000, 2 ** 36, 'bytes').default(defaultMemoryBytes),
  now: callable<() => number>().default(() => Date.now),
} satisfies OptionSchemas<WebhookMemoryOptions>);

/** What an entry takes besides its key, by a cautious estimate. */
const entryBytes = 128;

const bytesOf = (key: string): number => entryBytes + 2 * key.length;

/** A memory within the process. */
export function createMemory(maximumBytes: number, now: () => number): WebhookMemory {
  /** In the order of adding, which is that of forgetting. */
  const untils = new AgedMap<number>();
  let bytes = 0;
  let forgottenEarly = 0;
  const remove = (key: string) => {
    if (untils.delete(key)) bytes -= bytesOf(key);
  };
  const forget = () => {
    const time = now();
    for (let oldest = untils.oldest(); oldest !== undefined; oldest = untils.oldest()) {
      const isOver = oldest.value <= time;
      if (!isOver && bytes <= maximumBytes) return;
      remove(oldest.key);
      if (!isOver) forgottenEarly += 1;
    }
  };
  return {
    has: (key) => (untils.get(key) ?? 0) > now(),
    add: (key, until) => {
      remove(key);
      untils.set(key, until);
      bytes += bytesOf(key);
      forget();
    },
    stats: () => ({ keys: untils.size, bytes, forgottenEarly }),
  };
}
