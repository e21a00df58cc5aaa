import {
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import { OrderchartError } from '../errors.ts';
import type { HeaderValues } from './headers.ts';

/**
 * How a sender signs its webhooks with HMAC-SHA256: where the signatures stand, and what was
 * signed. `standardWebhooks` and `stripeWebhooks` are there; a scheme of another sender is these
 * three functions.
 */
export interface WebhookScheme {
  /** For errors: `Stripe`. */
  readonly name: string;
  /** How signatures are written. */
  readonly encoding: 'base64' | 'hex';
  /** The key in a secret as its sender gives it out. Throws when it is not of the sender's form. */
  readonly keyOf: (secret: string) => Uint8Array;
  /**
   * What the headers say about the signature. Throws `signatureInvalid` ({@link signatureMissing})
   * when they do not say it. Nothing of what it gives is believed before the signature was checked.
   */
  readonly read: (headers: HeaderValues) => SignatureClaim;
  /**
   * What the message is, read after the signature was found right. `isSigned` is for schemes that
   * sign more than the body.
   */
  readonly describe: (request: SignedRequest) => WebhookDescription;
}

/** A request whose signature is right. */
export interface SignedRequest {
  readonly headers: HeaderValues;
  readonly body: Uint8Array;
  /**
   * Whether a text was signed for a purpose, by the secret that signed the body. Each purpose has a
   * key of its own, derived from the secret ({@link derivedKey}): with one key for all, a signature
   * of this text would also be the signature of a body that reads the same.
   */
  readonly isSigned: (purpose: string, text: string, signature: string) => boolean;
}

/** What a request says about its signature. */
export interface SignatureClaim {
  /**
   * When it was signed, in milliseconds since the Unix epoch. `undefined` when the sender signs no
   * time: then there is no window outside which a repetition is refused.
   */
  readonly signedAt: number | undefined;
  /** What was signed, before the body. */
  readonly prefix: string;
  /** As they are written. One of them has to be right; several while secrets are rotated. */
  readonly signatures: readonly string[];
}

/** What a message is, as far as its sender has signed it. */
export interface WebhookDescription {
  /**
   * The same whenever the same message is sent again; 1 to 200 printable ASCII characters. Take it
   * from what is signed: with an id from an unsigned header, whoever has captured one request can
   * send it again under the id of another, which is then taken for a repetition.
   */
  readonly id: string;
  /** What kind of message it is; empty when left out. */
  readonly type?: string | undefined;
  readonly key?: string | undefined;
  readonly sequence?: number | undefined;
  /** The headers, when the sender has signed them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A key, ready to be used again and again: from bytes it would be made ready each time. */
export type SigningKey = KeyObject;

/** The signature over a prefix and a body. */
export function signatureOf(key: SigningKey, prefix: string, body: Uint8Array): Buffer {
  return createHmac('sha256', key).update(prefix).update(body).digest();
}

/**
 * The key for one purpose, by HKDF-SHA256 (RFC 5869) without salt, and with the purpose as `info`.
 * HKDF hashes the secret and never signs with it, so no derived key is ever a signature that a
 * sender could be made to give out.
 */
export function derivedKey(key: SigningKey, purpose: string): SigningKey {
  return createSecretKey(Buffer.from(hkdfSync('sha256', key, '', `orderchart ${purpose}`, 32)));
}

/**
 * The keys that one of the signatures was made with. Every pair is compared, each in constant time:
 * how long it takes does not tell how nearly one fitted. They are compared as they are written,
 * because decoders take several texts for the same bytes.
 */
export function fittingKeys(
  { prefix, signatures }: Pick<SignatureClaim, 'prefix' | 'signatures'>,
  keys: readonly SigningKey[],
  encoding: WebhookScheme['encoding'],
  body: Uint8Array,
): readonly SigningKey[] {
  return keys.filter((key) => {
    const expected = Buffer.from(signatureOf(key, prefix, body).toString(encoding));
    let isRight = false;
    for (const signature of signatures) {
      const given = Buffer.from(signature);
      const isEqual = given.length === expected.length && timingSafeEqual(given, expected);
      isRight = isEqual || isRight;
    }
    return isRight;
  });
}

/** The error of a request whose signature headers are missing or malformed. */
export function signatureMissing(scheme: string, what: string): OrderchartError {
  return new OrderchartError(
    'signatureInvalid',
    `The request has no signature by the scheme of ${scheme}: ${what}.`,
    { details: { scheme } },
  );
}

/** Seconds since the Unix epoch as milliseconds; `undefined` for what is no such number. */
export function millisecondsOf(seconds: string): number | undefined {
  return /^\d{1,12}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

/** No sender rotates more secrets than that; each signature costs a comparison. */
export const maximumSignatures = 16;

/** How long a signature by HMAC-SHA256 is, as it is written. */
const signatureLength = { base64: 44, hex: 64 } as const;

/**
 * Throws `signatureInvalid` for a claim that cannot come true whatever the body is: a stranger who
 * sends no more than this is not worth reading a body for.
 */
export function checkClaim(
  { name, encoding }: WebhookScheme,
  { signatures }: SignatureClaim,
): void {
  if (signatures.length === 0 || signatures.length > maximumSignatures) {
    throw signatureMissing(name, `it has none, or more than ${maximumSignatures}`);
  }
  if (signatures.some(({ length }) => length === signatureLength[encoding])) return;
  throw signatureMissing(name, `none has the length of HMAC-SHA256 in ${encoding}`);
}
