/**
 * Reads rows up to the one whose data brings the total to `maximumBytes` or more. They are read one
 * by one, so that large rows behind it are not read at all.
 */
export function boundedPage<Row extends { readonly data: string }, Value>(
  rows: Iterable<Row>,
  maximumBytes: number | undefined,
  decode: (row: Row) => Value,
): Value[] {
  const page: Value[] = [];
  let bytes = 0;
  for (const row of rows) {
    page.push(decode(row));
    if (maximumBytes === undefined) continue;
    bytes += Buffer.byteLength(row.data);
    if (bytes >= maximumBytes) break;
  }
  return page;
}
