import { createHash } from 'node:crypto';
import { AgedMap } from './aged-map.ts';

/**
 * The most receivers that are remembered. Beyond that, the oldest is forgotten. URLs are stored as
 * hashes, so this takes 3 MB at most, however long the URLs are.
 */
const maximumHolds = 10_000;

/** Receivers that asked to wait (`Retry-After`), and until when. */
export class Holds {
  readonly #maximumMs: number;
  readonly #untils = new AgedMap<number>();

  constructor(maximumMs: number) {
    this.#maximumMs = maximumMs;
  }

  hold(url: string, until: number): void {
    this.#untils.set(keyOf(url), until);
    const oldest = this.#untils.size > maximumHolds ? this.#untils.oldest() : undefined;
    if (oldest !== undefined) this.#untils.delete(oldest.key);
  }

  /** Returns how long to wait, in milliseconds, or 0. */
  remainingMs(url: string, now: number): number {
    if (this.#untils.size === 0) return 0;
    const key = keyOf(url);
    const until = this.#untils.get(key);
    if (until === undefined) return 0;
    const remainingMs = until - now;
    // A clock that was set back must not extend the wait beyond the maximum.
    if (remainingMs > 0 && remainingMs <= this.#maximumMs) return remainingMs;
    this.#untils.delete(key);
    return 0;
  }
}

function keyOf(url: string): string {
  return createHash('sha256').update(url).digest('base64url');
}
