/** A message in flight, from the moment its signature was verified. */
export interface Claim {
  readonly identities: readonly string[];
  readonly bytes: number;
  /** Handles the message, and returns it when the receiver closes. */
  handling: { takeBack(): void } | undefined;
  /** The consumer to which the message was delivered. */
  consumer: object | undefined;
}

/** The messages in flight, each at most once, with their number and bytes. */
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

  /** Whether a message with one of these identities is in flight. */
  has(identities: readonly string[]): boolean {
    return identities.some((identity) => this.#byIdentity.has(identity));
  }

  add(identities: readonly string[], bytes: number): Claim {
    const claim: Claim = { identities, bytes, handling: undefined, consumer: undefined };
    this.#claims.add(claim);
    for (const identity of identities) this.#byIdentity.set(identity, claim);
    this.#bytes += bytes;
    return claim;
  }

  /** Removes a message that was settled. May be called repeatedly. */
  remove(claim: Claim): void {
    if (!this.#claims.delete(claim)) return;
    for (const identity of claim.identities) this.#byIdentity.delete(identity);
    this.#bytes -= claim.bytes;
  }

  /** Returns the messages that were delivered to this consumer. */
  takeBackFrom(consumer: object): void {
    for (const claim of [...this.#claims]) {
      if (claim.consumer === consumer) claim.handling?.takeBack();
    }
  }

  /** Returns all messages that were delivered. */
  takeAllBack(): void {
    for (const claim of [...this.#claims]) claim.handling?.takeBack();
  }
}
