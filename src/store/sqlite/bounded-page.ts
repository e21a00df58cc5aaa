/**
 * Reads rows up to the one whose data take the page to `maximumBytes`. They are read one by one, so
 * that of many large ones no more are read than are given.
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
