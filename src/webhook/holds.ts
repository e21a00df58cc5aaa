import { createHash } from 'node:crypto';
import { AgedMap } from './aged-map.ts';

/**
 * So many receivers may ask us to wait at once; beyond, the oldest wish is forgotten. URLs are kept
 * by their hashes, so this is 3 MB at most, however long the URLs are.
 */
const maximumHolds = 10_000;

/** Receivers that have asked us to wait (`Retry-After`), and until when. */
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

  /** How long to wait yet, in milliseconds; 0 when nobody asked for it. */
  remainingMs(url: string, now: number): number {
    if (this.#untils.size === 0) return 0;
    const key = keyOf(url);
    const until = this.#untils.get(key);
    if (until === undefined) return 0;
    const remainingMs = until - now;
    // A clock that was set back must not make the wait longer than any receiver may ask for.
    if (remainingMs > 0 && remainingMs <= this.#maximumMs) return remainingMs;
    this.#untils.delete(key);
    return 0;
  }
}

function keyOf(url: string): string {
  return createHash('sha256').update(url).digest('base64url');
}
