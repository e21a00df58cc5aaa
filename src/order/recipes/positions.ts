/**
 * Finds entries of a list by their id: the position, or -1. One look through the list serves all
 * questions, so that a report about all lines of an order takes as long as the order is, not its
 * square.
 */
export function positionsOf(entries: readonly { readonly id: string }[]): (id: string) => number {
  let positions: Map<string, number> | undefined;
  return (id) => {
    positions ??= new Map(entries.map((entry, at) => [entry.id, at]));
    return positions.get(id) ?? -1;
  };
}
