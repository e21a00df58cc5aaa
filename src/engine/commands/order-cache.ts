import type { OrderRecord } from '../../store/store.ts';

/**
 * The orders used last, at most `size`, by their lane's name.
 *
 * Two generations instead of one list: a hit in the young one costs one look-up and moves
 * nothing, and when the young one is full it becomes the old one, whose unused half is forgotten.
 */
export class OrderCache {
  readonly #generationSize: number;
  #young = new Map<string, OrderRecord>();
  #old = new Map<string, OrderRecord>();

  constructor(size: number) {
    this.#generationSize = Math.floor(size / 2);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): OrderRecord | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, record: OrderRecord): void {
    if (this.#generationSize === 0) return;
    this.#old.delete(key);
    this.#young.set(key, record);
    if (this.#young.size < this.#generationSize) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
