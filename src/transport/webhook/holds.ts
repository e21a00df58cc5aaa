/** So many receivers may ask us to wait at once; beyond, the oldest wish is forgotten. */
const maximumHolds = 10_000;

/** Receivers that have asked us to wait (`Retry-After`), and until when. */
export class Holds {
  readonly #maximumMs: number;
  readonly #untils = new Map<string, number>();

  constructor(maximumMs: number) {
    this.#maximumMs = maximumMs;
  }

  hold(url: string, until: number): void {
    this.#untils.delete(url);
    this.#untils.set(url, until);
    const [oldest] = this.#untils.keys();
    if (this.#untils.size > maximumHolds && oldest !== undefined) this.#untils.delete(oldest);
  }

  /** How long to wait yet, in milliseconds; 0 when nobody asked for it. */
  remainingMs(url: string, now: number): number {
    const until = this.#untils.get(url);
    if (until === undefined) return 0;
    const remainingMs = until - now;
    // A clock that was set back must not make the wait longer than any receiver may ask for.
    if (remainingMs > 0 && remainingMs <= this.#maximumMs) return remainingMs;
    this.#untils.delete(url);
    return 0;
  }
}
