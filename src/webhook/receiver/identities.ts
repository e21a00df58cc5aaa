import { derivedKey, type SigningKey, signatureOf, type WebhookScheme } from '../scheme.ts';

const nothing = new Uint8Array(0);

/**
 * Identifies messages by sender and id. The id alone is chosen by the sender, and another sender
 * may use the same one, by chance, or to have the other's message treated as a repetition.
 *
 * An identity is an HMAC over receiver, scheme and id with a key derived from the secret. So it has
 * a fixed length, is the same in every process with the secret, and can be passed to a memory of
 * the host.
 */
export class Identities {
  readonly #receiver: string;
  readonly #scheme: string;
  readonly #keys: ReadonlyMap<SigningKey, SigningKey>;

  constructor(receiver: string, { name }: WebhookScheme, keys: readonly SigningKey[]) {
    this.#receiver = receiver;
    this.#scheme = name;
    this.#keys = new Map(keys.map((key) => [key, derivedKey(key, 'webhook memory')]));
  }

  /**
   * Returns one identity for each key that signed the message: while secrets are rotated, a
   * repetition may be signed with more or fewer of them.
   */
  of(id: string, keys: readonly SigningKey[]): readonly string[] {
    const text = JSON.stringify([this.#receiver, this.#scheme, id]);
    const identities = keys.flatMap((key) => {
      const own = this.#keys.get(key);
      return own === undefined ? [] : [signatureOf(own, text, nothing).toString('base64url')];
    });
    // The same secret may be listed twice.
    return [...new Set(identities)];
  }
}
