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
 * How a sender signs its webhooks with HMAC-SHA256: where the signatures are, and what was signed.
 * `standardWebhooks` and `stripeWebhooks` are included. For another sender, write these three
 * functions.
 */
export interface WebhookScheme {
  /** The name in errors: `Stripe`. */
  readonly name: string;
  /** The encoding of signatures. */
  readonly encoding: 'base64' | 'hex';
  /** Returns the key of a secret in the sender's form. Throws if the form is wrong. */
  readonly keyOf: (secret: string) => Uint8Array;
  /**
   * Reads the signature from the headers. Throws `signatureInvalid` ({@link signatureMissing}) if
   * it is missing. The result is not trusted before the signature was checked.
   */
  readonly read: (headers: HeaderValues) => SignatureClaim;
  /**
   * Describes the message. Called after the signature was verified. `isSigned` is for schemes that
   * sign more than the body.
   */
  readonly describe: (request: SignedRequest) => WebhookDescription;
}

/** A request with a verified signature. */
export interface SignedRequest {
  /** The headers of the request. */
  readonly headers: HeaderValues;
  /** The raw body. */
  readonly body: Uint8Array;
  /**
   * Whether a text was signed for a purpose with the secret that signed the body. Each purpose has
   * its own key, derived from the secret ({@link derivedKey}). With a common key, the signature of
   * a text would also be that of a body with the same content.
   */
  readonly isSigned: (purpose: string, text: string, signature: string) => boolean;
}

/** The claims of a request about its signature. */
export interface SignatureClaim {
  /**
   * When it was signed, in milliseconds since the Unix epoch. `undefined` if the sender does not
   * sign the time. Then old requests cannot be refused.
   */
  readonly signedAt: number | undefined;
  /** The signed text that precedes the body. */
  readonly prefix: string;
  /**
   * The signatures, undecoded. One of them must match. There are several while secrets are rotated.
   */
  readonly signatures: readonly string[];
}

/** The signed description of a message. */
export interface WebhookDescription {
  /**
   * The id, the same whenever the message is sent again; 1 to 200 printable ASCII characters. It
   * must be signed. With an id from an unsigned header, an attacker who captured a request could
   * send it with the id of another message, which would then be treated as a repetition.
   */
  readonly id: string;
  /** The type of the message. Default: empty. */
  readonly type?: string | undefined;
  /** The key of the message. Default: empty. */
  readonly key?: string | undefined;
  /** The position among the messages of the key. */
  readonly sequence?: number | undefined;
  /** The headers, if the sender has signed them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A prepared key. Raw bytes would be prepared again for each signature. */
export type SigningKey = KeyObject;

/** Signs a prefix and a body. */
export function signatureOf(key: SigningKey, prefix: string, body: Uint8Array): Buffer {
  return createHmac('sha256', key).update(prefix).update(body).digest();
}

/**
 * Derives the key for a purpose by HKDF-SHA256 (RFC 5869) without salt, with the purpose as `info`.
 * HKDF extracts with a salt as key and the secret as data, so a derived key can never be equal to a
 * signature that a sender was tricked into creating.
 */
export function derivedKey(key: SigningKey, purpose: string): SigningKey {
  return createSecretKey(Buffer.from(hkdfSync('sha256', key, '', `orderchart ${purpose}`, 32)));
}

/**
 * Returns the keys that match one of the signatures. All pairs are compared, each in constant time,
 * so that the timing reveals nothing. Signatures are compared undecoded, because decoders accept
 * several texts for the same bytes.
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

/** For a request whose signature headers are missing or malformed. */
export function signatureMissing(scheme: string, what: string): OrderchartError {
  return new OrderchartError(
    'signatureInvalid',
    `The request has no signature by the scheme of ${scheme}: ${what}.`,
    { details: { scheme } },
  );
}

/** Converts seconds since the Unix epoch to milliseconds. Returns `undefined` for other texts. */
export function millisecondsOf(seconds: string): number | undefined {
  return /^\d{1,12}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

/** The most signatures of a request, since each one costs a comparison. */
export const maximumSignatures = 16;

/** The length of an encoded HMAC-SHA256 signature. */
const signatureLength = { base64: 44, hex: 64 } as const;

/**
 * Throws `signatureInvalid` for a claim that no body can satisfy, so that the body of such a
 * request is not read.
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
