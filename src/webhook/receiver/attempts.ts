import { AgedMap } from '../aged-map.ts';

/** So many are remembered; with their fixed length that is less than 3 MB. */
const maximumAttemptsKept = 10_000;
/**
 * A sender does not say how often it has tried, and another process may have given the message back:
 * nothing excludes that it was told before, which is what 1 would mean.
 */
const firstAttempt = 2;

/** Counts the attempts of messages that were given back. */
export class Attempts {
  readonly #next = new AgedMap<number>();

  next(identities: readonly string[]): number {
    return Math.max(...identities.map((identity) => this.#next.get(identity) ?? firstAttempt));
  }

  givenBack(identities: readonly string[], attempt: number): void {
    for (const identity of identities) this.#next.set(identity, attempt + 1);
    while (this.#next.size > maximumAttemptsKept) this.#next.delete(this.#next.oldest()?.key ?? '');
  }

  forget(identities: readonly string[]): void {
    for (const identity of identities) this.#next.delete(identity);
  }
}
