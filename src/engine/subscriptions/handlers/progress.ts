/** The most events of a partition that are read but not finished, which bounds the memory. */
const windowSize = 1000;
/** The most bytes of those events: without it, a thousand large ones would need too much memory. */
const windowBytes = 4_000_000;

/**
 * Records which positions of a partition are done. The checkpoint may only follow a contiguous run
 * of done ones, or a crash would lose the events in between. Only unfinished positions are stored.
 */
export class Progress {
  /** In ascending order, because a map keeps the order of insertion and reading goes upwards. */
  readonly #unfinished = new Map<number, number>();
  #unfinishedBytes = 0;
  #read: number;

  constructor(position: number) {
    this.#read = position;
  }

  /** The last position that was read. */
  get read(): number {
    return this.#read;
  }

  get unfinishedCount(): number {
    return this.#unfinished.size;
  }

  /** How many more events may be read before some are finished. */
  get capacity(): number {
    const isFull = this.#unfinishedBytes >= windowBytes;
    return isFull ? 0 : Math.max(0, windowSize - this.#unfinished.size);
  }

  /** The last position up to which everything is done. */
  get done(): number {
    for (const first of this.#unfinished.keys()) return first - 1;
    return this.#read;
  }

  /** @param bytes The size of the event that was read; `undefined` when there is nothing to do. */
  advance(position: number, bytes: number | undefined): void {
    this.#read = position;
    if (bytes === undefined) return;
    this.#unfinished.set(position, bytes);
    this.#unfinishedBytes += bytes;
  }

  finish(position: number): void {
    this.#unfinishedBytes -= this.#unfinished.get(position) ?? 0;
    this.#unfinished.delete(position);
  }
}
