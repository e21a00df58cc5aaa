import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { OrderchartError } from '../../errors.ts';
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
   * What the message is, read after the signature was found right. `isSigned` tells whether a text
   * was signed with one of the secrets, for schemes that sign more than one thing.
   */
  readonly describe: (request: SignedRequest) => WebhookDescription;
}

/** A request whose signature is right. */
export interface SignedRequest {
  readonly headers: HeaderValues;
  readonly body: Uint8Array;
  readonly isSigned: (text: string, signature: string) => boolean;
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
  /** The same whenever the same message is sent again; 1 to 200 printable ASCII characters. */
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
 * Whether one of the signatures was made with one of the keys. Every pair is compared, each in
 * constant time: how long it takes tells nothing about which key fitted, or how nearly. They are
 * compared as they are written, because decoders take several texts for the same bytes.
 */
export function isSigned(
  { prefix, signatures }: Pick<SignatureClaim, 'prefix' | 'signatures'>,
  keys: readonly SigningKey[],
  encoding: WebhookScheme['encoding'],
  body: Uint8Array,
): boolean {
  let isRight = false;
  for (const key of keys) {
    const expected = Buffer.from(signatureOf(key, prefix, body).toString(encoding));
    for (const signature of signatures) {
      const given = Buffer.from(signature);
      const isEqual = given.length === expected.length && timingSafeEqual(given, expected);
      isRight = isEqual || isRight;
    }
  }
  return isRight;
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
