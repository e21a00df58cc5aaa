import { AgedMap } from '../aged-map.ts';

/** How many are remembered. With their fixed length that is less than 3 MB. */
const maximumAttemptsKept = 10_000;
/**
 * Senders do not report the number of attempts, and another process may have nacked the message. So
 * an earlier delivery cannot be ruled out, and 1 would be wrong.
 */
const firstAttempt = 2;

/** Counts the attempts of messages that were nacked. */
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
