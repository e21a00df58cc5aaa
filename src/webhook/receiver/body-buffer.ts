/** The initial size of a buffer, unless the announced length is less. */
const firstBytes = 4_096;

/**
 * Assembles a body. Chunks are copied into one buffer, because each chunk has an overhead of a
 * hundred bytes, and a body sent byte by byte would take a hundred times its size.
 */
export class BodyBuffer {
  readonly #maximumBytes: number;
  #buffer: Buffer;
  #length = 0;

  /**
   * @param announced The length that the request claims. It is not trusted before the bytes arrive.
   */
  constructor(announced: number | undefined, maximumBytes: number) {
    this.#maximumBytes = maximumBytes;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(announced ?? firstBytes, firstBytes));
  }

  /** The bytes received. */
  get length(): number {
    return this.#length;
  }

  /** The bytes allocated, which may be more. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /** Returns the capacity needed for `bytes` more bytes. */
  capacityWith(bytes: number): number {
    const needed = this.#length + bytes;
    if (needed <= this.capacity) return this.capacity;
    return Math.max(needed, Math.min(2 * this.capacity, this.#maximumBytes));
  }

  append(chunk: Uint8Array): void {
    const capacity = this.capacityWith(chunk.length);
    if (capacity > this.capacity) {
      const larger = Buffer.allocUnsafeSlow(capacity);
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  /** Returns the body in a buffer of its exact size. */
  content(): Buffer {
    if (this.#length === this.capacity) return this.#buffer;
    // Not from the pool of Buffer, since a small body would keep the whole pool alive.
    const content = Buffer.allocUnsafeSlow(this.#length);
    this.#buffer.copy(content, 0, 0, this.#length);
    return content;
  }
}
