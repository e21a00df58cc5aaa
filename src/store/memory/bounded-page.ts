import type { OrderEvent } from '../../order/envelope.ts';

/** What was measured: stored data is immutable, so each object is measured at most once. */
const lengths = new WeakMap<object, number>();

function lengthOf(data: object): number {
  let length = lengths.get(data);
  if (length === undefined) {
    length = Buffer.byteLength(JSON.stringify(data));
    lengths.set(data, length);
  }
  return length;
}

/** Ends a page with the entry whose data take it to `maximumBytes`. */
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

/** The events of these places, which have one each, as far as a page of so many bytes goes. */
export function boundedEvents(
  places: readonly { readonly event: OrderEvent | undefined }[],
  maximumBytes: number | undefined,
): readonly OrderEvent[] {
  const events = places.map(({ event }) => event as OrderEvent);
  return boundedPage(events, ({ data }) => data, maximumBytes);
}
