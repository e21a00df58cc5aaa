/**
 * Which offset of a partition may be committed: Kafka knows one place per partition, so it stands
 * before the first record that is not done, whatever was done after it.
 */
export class Progress {
  /** Records that were taken, oldest first; the first one is not done. */
  readonly #open: { readonly offset: bigint; isDone: boolean }[] = [];
  readonly #byOffset = new Map<bigint, { readonly offset: bigint; isDone: boolean }>();
  #last = -1n;

  /** Records that are not yet behind the place. */
  get size(): number {
    return this.#open.length;
  }

  /** Takes a record in; `false` when it is behind one that was taken: the consumer went back. */
  take(offset: bigint): boolean {
    if (offset <= this.#last) return false;
    this.#last = offset;
    const entry = { offset, isDone: false };
    this.#open.push(entry);
    this.#byOffset.set(offset, entry);
    return true;
  }

  /** A record is done. Gives the offset to be committed, when the place has moved. */
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
