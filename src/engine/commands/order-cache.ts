import type { OrderRecord } from '../../store/store.ts';
import { recordBytes } from '../kernel/sizes.ts';

/** The orders of one generation, and the size of their JSON. */
interface Generation {
  readonly records: Map<string, OrderRecord>;
  bytes: number;
}

/**
 * The recently used orders by their lane key: at most `size` of them, and at most `maximumBytes` of
 * their JSON, because a few large orders would otherwise fill the memory.
 *
 * It has two generations instead of an LRU list: a hit in the young one costs one look-up and moves
 * nothing. When the young one is full it becomes the old one, and the previous old one is dropped.
 */
export class OrderCache {
  readonly #generationSize: number;
  readonly #generationBytes: number;
  #young = newGeneration();
  #old = newGeneration();

  constructor(size: number, maximumBytes: number) {
    this.#generationSize = Math.floor(size / 2);
    this.#generationBytes = Math.floor(maximumBytes / 2);
  }

  get size(): number {
    return this.#young.records.size + this.#old.records.size;
  }

  /** The size of the JSON of its orders, in bytes. */
  get bytes(): number {
    return this.#young.bytes + this.#old.bytes;
  }

  get(key: string): OrderRecord | undefined {
    const young = this.#young.records.get(key);
    if (young !== undefined) return young;
    const old = this.#old.records.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, record: OrderRecord): void {
    this.delete(key);
    const bytes = recordBytes(record);
    // An order that exceeds a generation by itself would evict all others.
    if (this.#generationSize === 0 || bytes > this.#generationBytes) return;
    if (this.#young.bytes + bytes > this.#generationBytes) this.#age();
    this.#young.records.set(key, record);
    this.#young.bytes += bytes;
    if (this.#young.records.size >= this.#generationSize) this.#age();
  }

  delete(key: string): void {
    drop(this.#young, key);
    drop(this.#old, key);
  }

  clear(): void {
    this.#young = newGeneration();
    this.#old = newGeneration();
  }

  #age(): void {
    this.#old = this.#young;
    this.#young = newGeneration();
  }
}

function newGeneration(): Generation {
  return { records: new Map(), bytes: 0 };
}

function drop(generation: Generation, key: string): void {
  const record = generation.records.get(key);
  if (record === undefined) return;
  generation.records.delete(key);
  generation.bytes -= recordBytes(record);
}
