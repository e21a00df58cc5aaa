import type { Transport, TransportMessage } from '../../../src/transport/transport.ts';

/** One broker, ready to be published to in two ways. */
export interface Contender extends AsyncDisposable {
  /** Ours, on a place of its own; consumes too. */
  transport(): Transport;
  /**
   * A publisher with the same client and the same confirmations, written by hand: messages that
   * are ready, so many under way at a time. Nothing is fenced, deduplicated, retried or ordered.
   */
  publishBare(messages: readonly TransportMessage[], inFlight: number): Promise<void>;
}

/** Does something for each item, so many at a time. */
export async function atATime<Item>(
  items: readonly Item[],
  count: number,
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const rest = items.values();
  const lane = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: count }, lane));
}

/** Does something for so many items at once, one group after another. */
export async function inGroups<Item>(
  items: readonly Item[],
  size: number,
  work: (group: readonly Item[]) => Promise<unknown>,
): Promise<void> {
  for (let at = 0; at < items.length; at += size) await work(items.slice(at, at + size));
}

let places = 0;

/** A name for a stream, queue or topic that nobody else has. */
export function newPlace(): string {
  places += 1;
  return `orderchart-bench-${process.pid}-${places}`;
}
