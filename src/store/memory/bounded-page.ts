import type { OrderEvent } from '../../order/envelope.ts';

/** The lengths measured so far: stored data is immutable, so each object is measured once. */
const lengths = new WeakMap<object, number>();

function lengthOf(data: object): number {
  let length = lengths.get(data);
  if (length === undefined) {
    length = Buffer.byteLength(JSON.stringify(data));
    lengths.set(data, length);
  }
  return length;
}

/** Ends a page with the entry whose data brings the total to `maximumBytes` or more. */
export function boundedPage<Entry>(
  entries: readonly Entry[],
  dataOf: (entry: Entry) => object,
  maximumBytes: number | undefined,
): readonly Entry[] {
  if (maximumBytes === undefined) return entries;
  let bytes = 0;
  const end = entries.findIndex((entry) => {
    bytes += lengthOf(dataOf(entry));
    return bytes >= maximumBytes;
  });
  return end === -1 ? entries : entries.slice(0, end + 1);
}

/** Returns the events of a page of places that were not purged, bounded as {@link boundedPage} does. */
export function boundedEvents(
  places: readonly { readonly event: OrderEvent | undefined }[],
  maximumBytes: number | undefined,
): readonly OrderEvent[] {
  const events = places.map(({ event }) => event as OrderEvent);
  return boundedPage(events, ({ data }) => data, maximumBytes);
}
