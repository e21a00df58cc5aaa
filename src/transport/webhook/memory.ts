/**
 * Remembers which messages were done with, so that a repetition is answered and not delivered
 * again. One per process by default; where several processes take requests for one endpoint, share
 * one (Redis, a table), else the engine's own memory of commands is what remains.
 */
export interface WebhookMemory {
  /** Whether the message was done with. A rejection answers the request with "later". */
  readonly has: (id: string) => boolean | Promise<boolean>;
  /** It is done with: remember it until a time, in milliseconds since the Unix epoch. */
  readonly add: (id: string, until: number) => void | Promise<void>;
}

/** What {@link createWebhookMemory} takes. */
export interface WebhookMemoryOptions {
  /** How many ids are remembered at most; the oldest go first. 100,000 by default. */
  readonly maximumIds?: number | undefined;
  /** The time, in milliseconds since the Unix epoch. The host's clock by default. */
  readonly now?: (() => number) | undefined;
}

/** A memory within the process. */
export function createMemory(maximumIds: number, now: () => number): WebhookMemory {
  /** In the order of adding, which is that of forgetting. */
  const untils = new Map<string, number>();
  const forget = () => {
    const time = now();
    for (const [id, until] of untils) {
      if (until > time && untils.size <= maximumIds) return;
      untils.delete(id);
    }
  };
  return {
    has: (id) => (untils.get(id) ?? 0) > now(),
    add: (id, until) => {
      untils.delete(id);
      untils.set(id, until);
      forget();
    },
  };
}
