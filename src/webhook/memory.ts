import { z } from 'zod';
import { callable, type OptionSchemas, whole } from '../options.ts';
import { AgedMap } from './aged-map.ts';

/**
 * Remembers handled messages, so that a repetition is answered without another delivery. By default
 * it is in the process. If several processes receive for one endpoint, share one (Redis, a table).
 * Otherwise only the engine's idempotency keys detect repetitions.
 *
 * Keys have 43 characters (`A-Z a-z 0-9 - _`). A key represents the receiver's `name`, a secret
 * that signed the message, and the message's id. So no sender can occupy another sender's ids, and
 * neither id nor secret can be derived from it.
 */
export interface WebhookMemory {
  /** Whether the message was handled. If it rejects, the sender is asked to retry. */
  readonly has: (key: string) => boolean | Promise<boolean>;
  /** Remembers a handled message until a time, in milliseconds since the Unix epoch. */
  readonly add: (key: string, until: number) => void | Promise<void>;
  /** Returns the usage, for the receiver's `stats()`. */
  readonly stats?: (() => WebhookMemoryStats) | undefined;
}

/** The usage of a memory in the process. */
export interface WebhookMemoryStats {
  /** The number of keys. A message has one for each secret that signed it. */
  readonly keys: number;
  /** The bytes of the keys, by a conservative estimate. */
  readonly bytes: number;
  /** Keys that were dropped early because of `maximumBytes`. */
  readonly forgottenEarly: number;
}

/** Options of {@link createWebhookMemory}. */
export interface WebhookMemoryOptions {
  /**
   * The largest size, in bytes. The oldest keys are dropped first. Default 32 MiB: 150,000
   * messages.
   */
  readonly maximumBytes?: number | undefined;
  /** Returns the time, in milliseconds since the Unix epoch. Default: the host's clock. */
  readonly now?: (() => number) | undefined;
}

export const defaultMemoryBytes = 33_554_432;

export const memorySchema = z.strictObject({
  maximumBytes: whole(1_000, 2 ** 36, 'bytes').default(defaultMemoryBytes),
  now: callable<() => number>().default(() => Date.now),
} satisfies OptionSchemas<WebhookMemoryOptions>);

/** The size of an entry without its key, by a conservative estimate. */
const entryBytes = 128;

const bytesOf = (key: string): number => entryBytes + 2 * key.length;

/** Creates a memory in the process. */
export function createMemory(maximumBytes: number, now: () => number): WebhookMemory {
  /** In the order in which keys are dropped. */
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
