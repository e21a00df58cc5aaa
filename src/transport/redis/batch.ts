/** Collects the items added within one turn of the event loop, and processes them together. */
export class Batch<T> {
  readonly #work: (items: readonly T[]) => Promise<void>;
  #items: T[] = [];
  #done: Promise<void> | undefined;

  constructor(work: (items: readonly T[]) => Promise<void>) {
    this.#work = work;
  }

  /** Resolves when the item has been processed. */
  add(item: T): Promise<void> {
    this.#items.push(item);
    this.#done ??= this.#flush();
    return this.#done;
  }

  async #flush(): Promise<void> {
    await Promise.resolve();
    const items = this.#items;
    this.#items = [];
    this.#done = undefined;
    await this.#work(items);
  }
}
