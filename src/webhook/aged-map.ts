interface Entry<Value> {
  readonly key: string;
  readonly value: Value;
}

/**
 * A map that lets go of its oldest entries. A `Map` iterates in the order of setting, but each walk
 * from its beginning passes over all that was deleted there: at 150,000 entries that took a tenth of
 * a millisecond each time. So one walk goes on for ever.
 */
export class AgedMap<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  #walk: Iterator<Entry<Value>> | undefined;
  #oldest: Entry<Value> | undefined;

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** The entry is the youngest from now on. */
  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, { key, value });
  }

  delete(key: string): boolean {
    return this.#entries.delete(key);
  }

  oldest(): Entry<Value> | undefined {
    // It may have been deleted, or set again, since it was found.
    while (this.#oldest === undefined || this.#entries.get(this.#oldest.key) !== this.#oldest) {
      if (this.#entries.size === 0) return undefined;
      this.#walk ??= this.#entries.values();
      const { done, value } = this.#walk.next();
      // A walk that has come to the end stays there, whatever is set later.
      if (done === true) this.#walk = undefined;
      else this.#oldest = value;
    }
    return this.#oldest;
  }
}
