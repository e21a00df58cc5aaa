/**
 * Determines which offset of a partition may be committed. Kafka stores one offset per partition,
 * so it is that of the first record that is not done, even if later ones are.
 */
export class Progress {
  /** The records taken, oldest first. The first one is not done. */
  readonly #open: { readonly offset: bigint; isDone: boolean }[] = [];
  readonly #byOffset = new Map<bigint, { readonly offset: bigint; isDone: boolean }>();
  #last = -1n;

  /** The number of records from the first one that is not done. */
  get size(): number {
    return this.#open.length;
  }

  /**
   * Adds a record. Returns `false` if its offset is not above the last one: the consumer went back.
   */
  take(offset: bigint): boolean {
    if (offset <= this.#last) return false;
    this.#last = offset;
    const entry = { offset, isDone: false };
    this.#open.push(entry);
    this.#byOffset.set(offset, entry);
    return true;
  }

  /** Marks a record as done. Returns the offset to commit, if it has changed. */
  done(offset: bigint): bigint | undefined {
    const entry = this.#byOffset.get(offset);
    if (entry === undefined) return undefined;
    entry.isDone = true;
    let place: bigint | undefined;
    let count = 0;
    for (const one of this.#open) {
      if (!one.isDone) break;
      count += 1;
      place = one.offset + 1n;
      this.#byOffset.delete(one.offset);
    }
    this.#open.splice(0, count);
    return place;
  }
}
