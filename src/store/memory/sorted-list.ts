/** Blocks are split beyond this length: small enough that shifting one is a short memory move. */
const blockLengthMax = 512;

/**
 * A sorted list, in blocks of at most 512 items.
 *
 * The indexes of the memory store are written mostly at the end, because time goes on, and read as
 * ranges from a key. So appending is the fast path, and anything else costs a binary search over the
 * blocks and a shift within one. One flat array would shift everything behind the item, a heap cannot
 * be read as a range, and a tree would cost an object per item.
 */
export class SortedList<Key, Item extends Key> {
  readonly #compare: (one: Key, other: Key) => number;
  readonly #blocks: Item[][] = [];

  constructor(compare: (one: Key, other: Key) => number) {
    this.#compare = compare;
  }

  get first(): Item | undefined {
    return this.#blocks[0]?.[0];
  }

  add(item: Item): void {
    const place = this.#placeOf(item);
    const block = this.#blocks[place.block];
    if (block === undefined) {
      this.#append(item);
      return;
    }
    block.splice(place.index, 0, item);
    if (block.length > blockLengthMax) {
      this.#blocks.splice(place.block + 1, 0, block.splice(block.length >> 1));
    }
  }

  /** Removes the item that compares equal to `key`; returns false when there is none. */
  delete(key: Key): boolean {
    const place = this.#placeOf(key);
    const block = this.#blocks[place.block];
    const found = block?.[place.index];
    if (block === undefined || found === undefined || this.#compare(found, key) !== 0) return false;
    block.splice(place.index, 1);
    if (block.length === 0) this.#blocks.splice(place.block, 1);
    return true;
  }

  /** Yields the items at or after `from`, ascending. The list must not change during iteration. */
  *ascending(from?: Key): Generator<Item, void> {
    const start = from === undefined ? { block: 0, index: 0 } : this.#placeOf(from);
    for (let at = start.block; at < this.#blocks.length; at += 1) {
      const block = this.#blocks[at] ?? [];
      for (let index = at === start.block ? start.index : 0; index < block.length; index += 1) {
        yield block[index] as Item;
      }
    }
  }

  /** Yields the items before `before`, descending. The list must not change during iteration. */
  *descending(before?: Key): Generator<Item, void> {
    const end =
      before === undefined ? { block: this.#blocks.length, index: 0 } : this.#placeOf(before);
    for (let at = Math.min(end.block, this.#blocks.length - 1); at >= 0; at -= 1) {
      const block = this.#blocks[at] ?? [];
      const last = at === end.block ? end.index : block.length;
      for (let index = last - 1; index >= 0; index -= 1) yield block[index] as Item;
    }
  }

  #append(item: Item): void {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.length < blockLengthMax) last.push(item);
    else this.#blocks.push([item]);
  }

  /** Finds the first item at or after `key`; one past the last block when there is none. */
  #placeOf(key: Key): { block: number; index: number } {
    const last = this.#blocks.at(-1)?.at(-1);
    if (last === undefined || this.#compare(last, key) < 0) {
      return { block: this.#blocks.length, index: 0 };
    }
    const block = firstIndex(
      this.#blocks,
      (items) => this.#compare(items.at(-1) as Item, key) >= 0,
    );
    const items = this.#blocks[block] ?? [];
    return { block, index: firstIndex(items, (item) => this.#compare(item, key) >= 0) };
  }
}

/** Finds the first element that passes; all failing elements must come before all passing ones. */
export function firstIndex<Element>(
  elements: readonly Element[],
  passes: (element: Element) => boolean,
): number {
  let low = 0;
  let high = elements.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passes(elements[middle] as Element)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Compares by Unicode code point, as the byte order of UTF-8 does, so that every store sorts alike.
 * JavaScript's `<` compares UTF-16 code units, which puts an emoji before U+E000.
 */
export function compareText(one: string, other: string): number {
  if (one === other) return 0;
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index += 1) {
    const left = one.charCodeAt(index);
    const right = other.charCodeAt(index);
    if (left !== right) return rankOfCodeUnit(left) - rankOfCodeUnit(right);
  }
  return one.length - other.length;
}

/** Ranks the surrogates (U+D800 to U+DFFF) above all other code units. */
function rankOfCodeUnit(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
