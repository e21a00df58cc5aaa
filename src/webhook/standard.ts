import type { TransportMessage } from '../transport/transport.ts';
import {
  attributeHeaders,
  attributesPurpose,
  readAttributes,
  symmetricSignatures,
} from './attributes.ts';
import { type HeaderValues, singleValue } from './headers.ts';
import {
  derivedKey,
  millisecondsOf,
  type SignatureClaim,
  type SigningKey,
  signatureMissing,
  signatureOf,
  type WebhookScheme,
} from './scheme.ts';

const name = 'Standard Webhooks';
const secretPrefix = 'whsec_';
/** "Random. At least 24 bytes (192 bits, 512 maximum)". */
const keyBytes = { from: 24, to: 64 } as const;
const nothing = new Uint8Array(0);

/**
 * The scheme of Standard Webhooks 1.0 (https://www.standardwebhooks.com) with symmetric keys:
 * headers `webhook-id`, `webhook-timestamp` (seconds) and `webhook-signature`, a list of
 * `v1,<base64>` over `id.timestamp.body`. Secrets are `whsec_` and the key in base64.
 *
 * The additional parts that `createWebhookTransport` sends (key, type, sequence, headers) are
 * accepted if they are signed. They are not part of the standard.
 */
export const standardWebhooks: WebhookScheme = {
  name,
  encoding: 'base64',
  keyOf: standardKey,
  read: readClaim,
  describe: (request) => {
    const id = singleValue(request.headers, 'webhook-id') ?? '';
    const timestamp = singleValue(request.headers, 'webhook-timestamp') ?? '';
    return { id: idFrom(id), ...readAttributes(request, `${id}.${timestamp}`) };
  },
};

/** Returns the key of a secret. Throws a TypeError that does not contain the secret. */
export function standardKey(secret: string): Uint8Array {
  const text = secret.startsWith(secretPrefix) ? secret.slice(secretPrefix.length) : secret;
  const key = Buffer.from(text, 'base64');
  // Buffer skips invalid characters, and a truncated secret would be weak.
  const isWhole = key.toString('base64') === text;
  if (!isWhole || key.length < keyBytes.from || key.length > keyBytes.to) {
    throw new TypeError('must be `whsec_` and 24 to 64 random bytes in base64');
  }
  return key;
}

/** Returns the headers of one attempt, signed with each key. */
export function standardHeaders(
  message: TransportMessage,
  now: number,
  keys: readonly SigningKey[],
): Readonly<Record<string, string>> {
  const id = idOnTheWire(message.id);
  const timestamp = String(Math.floor(now / 1000));
  const attempt = `${id}.${timestamp}`;
  const attributeKeys = keys.map((key) => derivedKey(key, attributesPurpose));
  return {
    ...attributeHeaders(message, attempt, (text) => signed(attributeKeys, text, nothing)),
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signed(keys, `${attempt}.`, message.body),
  };
}

function signed(keys: readonly SigningKey[], prefix: string, body: Uint8Array): string {
  return keys.map((key) => `v1,${signatureOf(key, prefix, body).toString('base64')}`).join(' ');
}

function readClaim(headers: HeaderValues): SignatureClaim {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((part) => {
    const value = singleValue(headers, `webhook-${part}`);
    if (value !== undefined && value !== '') return value;
    throw signatureMissing(name, `\`webhook-${part}\` is missing, or was sent several times`);
  }) as [string, string, string];
  const signedAt = millisecondsOf(timestamp);
  if (signedAt === undefined) {
    throw signatureMissing(name, '`webhook-timestamp` is not a number of seconds');
  }
  if (isAmbiguous(id)) {
    throw signatureMissing(name, '`webhook-id` contains what could be read as a timestamp');
  }
  // Only symmetric signatures. Others (`v1a`) need other keys, and are ignored.
  return { signedAt, prefix: `${id}.${timestamp}.`, signatures: symmetricSignatures(signatures) };
}

/**
 * An id with digits between two dots (the second may be the dot after the id) could be read as a
 * shorter id, with the rest as timestamp and body. Without such ids, the first digits between dots
 * are the timestamp, and the signed text is unambiguous. Other dots are harmless.
 */
function isAmbiguous(id: string): boolean {
  return /\.\d{1,12}(\.|$)/.test(id);
}

/**
 * The specification requires ids without `.`, which ends the id in the signed text: (id `a.1`, time
 * 2) and (id `a`, time 1, body `2.`...) would have the same signature. So dots are escaped.
 */
function idOnTheWire(id: string): string {
  return id.replace(/[.%]/g, (character) => (character === '.' ? '%2E' : '%25'));
}

function idFrom(id: string): string {
  return id.replace(/%2E|%25/g, (escaped) => (escaped === '%2E' ? '.' : '%'));
}
