import type { OrderEvent } from '../../order/envelope.ts';
import type { FeedEntry, Lease, OrderStore } from '../../store/store.ts';
import { eventsBytes } from './sizes.ts';

/**
 * How many bytes of events the engine reads at once, so that a page of large events does not fill
 * the memory; a page of ordinary ones has a fifth of it. The last event of a page may exceed it.
 */
export const pageBytes = 1_000_000;

/**
 * Whether there may be more events after a page. A page that ended early because of its bytes has
 * fewer events than `limit`, like the last page, so its bytes are checked as well; half of the
 * limit is enough, because a store may measure a little differently.
 */
export function mayHaveMore(events: readonly OrderEvent[], limit: number): boolean {
  return events.length >= limit || eventsBytes(events) * 2 >= pageBytes;
}

/** Reads a page of the feed. Also tells whether there may be more after it. */
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
