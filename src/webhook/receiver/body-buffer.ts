/** What a buffer begins with, unless less was announced. */
const firstBytes = 4_096;

/**
 * Puts a body together as it comes. The pieces are copied, not kept: a piece costs a hundred bytes
 * besides its content, and whoever sends a body byte by byte would fill a hundred times its size.
 */
export class BodyBuffer {
  readonly #maximumBytes: number;
  #buffer: Buffer;
  #length = 0;

  /** @param announced The length that the request claims; it is believed when the bytes are there. */
  constructor(announced: number | undefined, maximumBytes: number) {
    this.#maximumBytes = maximumBytes;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(announced ?? firstBytes, firstBytes));
  }

  /** Bytes that came. */
  get length(): number {
    return this.#length;
  }

  /** Bytes that are held for it, which may be more. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /** What it would hold with so many more bytes. */
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

  /** The body, which keeps nothing else alive. */
  content(): Buffer {
    if (this.#length === this.capacity) return this.#buffer;
    // Not from the pool of Buffer: a small body would keep all of its 64 KiB alive.
    const content = Buffer.allocUnsafeSlow(this.#length);
    this.#buffer.copy(content, 0, 0, this.#length);
    return content;
  }
}
