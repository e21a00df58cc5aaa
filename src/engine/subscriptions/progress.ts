/**
 * Which positions of a partition are done. The checkpoint may only stand behind a contiguous run
 * of done ones, or a crash would lose what lies in between. Only what is unfinished is kept.
 */
export class Progress {
  /** In ascending order, because a map keeps the order of insertion and reading goes upwards. */
  readonly #unfinished = new Map<number, true>();
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

  /** The last position up to which everything is done. */
  get done(): number {
    for (const first of this.#unfinished.keys()) return first - 1;
    return this.#read;
  }

  /** A position was read; it is done already, or begins now. */
  advance(position: number, isUnfinished: boolean): void {
    this.#read = position;
    if (isUnfinished) this.#unfinished.set(position, true);
  }

  finish(position: number): void {
    this.#unfinished.delete(position);
  }
}
