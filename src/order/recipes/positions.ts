/**
 * Returns a function that finds the position of an entry by its id, or -1. Indexes the list once,
 * so that a report about all lines of an order takes linear time, not quadratic.
 */
export function positionsOf(entries: readonly { readonly id: string }[]): (id: string) => number {
  let positions: Map<string, number> | undefined;
  return (id) => {
    positions ??= new Map(entries.map((entry, at) => [entry.id, at]));
    return positions.get(id) ?? -1;
  };
}
