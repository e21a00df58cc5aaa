/** A message in hand, from the moment its signature was found right. */
export interface Claim {
  readonly identities: readonly string[];
  readonly bytes: number;
  /** Who deals with it, and lets go of it when the receiver closes. */
  handling: { takeBack(): void } | undefined;
}

/** Messages that are in hand: each at most once, and their number and bytes are known. */
export class InFlight {
  readonly #claims = new Set<Claim>();
  readonly #byIdentity = new Map<string, Claim>();
  #bytes = 0;

  get count(): number {
    return this.#claims.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether there is a message that one of the same senders calls the same. */
  has(identities: readonly string[]): boolean {
    return identities.some((identity) => this.#byIdentity.has(identity));
  }

  add(identities: readonly string[], bytes: number): Claim {
    const claim: Claim = { identities, bytes, handling: undefined };
    this.#claims.add(claim);
    for (const identity of identities) this.#byIdentity.set(identity, claim);
    this.#bytes += bytes;
    return claim;
  }

  /** It is done with, or was given back. Harmless to repeat. */
  remove(claim: Claim): void {
    if (!this.#claims.delete(claim)) return;
    for (const identity of claim.identities) this.#byIdentity.delete(identity);
    this.#bytes -= claim.bytes;
  }

  /** Takes all back, from the consumer's hands or from the memory that is being asked. */
  takeAllBack(): void {
    for (const claim of [...this.#claims]) claim.handling?.takeBack();
  }
}
