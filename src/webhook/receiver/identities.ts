import { derivedKey, type SigningKey, signatureOf, type WebhookScheme } from '../scheme.ts';

const nothing = new Uint8Array(0);

/**
 * Names messages by whose they are: a message's id alone is a word of its sender, and another sender
 * may use the same one, by chance or in order to have the other's message taken for a repetition.
 *
 * An identity is an HMAC over receiver, scheme and id with a key that is derived from the secret. So
 * it has the same length whatever the id, is the same in every process that has the secret, and can
 * be handed to a host's memory.
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
   * One for each key that has signed the message: while secrets are rotated, a repetition may be
   * signed with more of them than the message was, or with fewer.
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
