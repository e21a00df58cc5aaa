import type { OrderEvent } from '../../order/envelope.ts';
import type { FeedEntry, Lease, OrderStore } from '../../store/store.ts';
import { eventsBytes } from './sizes.ts';

/**
 * How many bytes of events the engine reads at once: a page of ordinary ones has a fifth of it, and
 * one of large ones must not fill the memory. A page is longer by its last event at most.
 */
export const pageBytes = 1_000_000;

/**
 * Whether there may be more events after a page. One that ended early, because its events are
 * large, looks like the last one: only its length in bytes tells, which a store may measure a
 * little differently.
 */
export function mayHaveMore(events: readonly OrderEvent[], limit: number): boolean {
  return events.length >= limit || eventsBytes(events) * 2 >= pageBytes;
}

/** A page of the feed, and whether there may be more after it. */
export async function feedPage(
  store: Pick<OrderStore, 'feed'>,
  { partition, history, seen }: Pick<Lease, 'partition' | 'history' | 'seen'>,
  after: number,
  limit: number,
): Promise<{ readonly entries: readonly FeedEntry[]; readonly hasMore: boolean }> {
  const entries = await store.feed(partition, after, limit, pageBytes, {
    history,
    eventId: seen?.eventId,
  });
  const events = entries.map(({ event }) => event);
  return { entries, hasMore: mayHaveMore(events, limit) };
}
