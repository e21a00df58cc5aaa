import { OrderchartError } from '../errors.ts';
import type { TransportMessage } from '../transport/transport.ts';
import { type HeaderValues, isHeaderValue, singleValue } from './headers.ts';
import { maximumSignatures, type SignedRequest, type WebhookDescription } from './scheme.ts';

/** The purpose of the derived key that signs attributes. */
export const attributesPurpose = 'webhook attributes';

/**
 * Standard Webhooks signs id, time and body, but no other header, so a party in between could
 * change the type or the order of a signed message. Therefore the transport signs the other parts
 * of a message in a separate header, which other receivers ignore:
 *
 * - `orderchart-key`, `-type` and `-sequence`, the first two percent-encoded;
 * - `orderchart-headers`, the names of the message's headers, since proxies add others. A name
 *   that ends with `=` has a percent-encoded value, since HTTP trims white space;
 * - `orderchart-signature`, over all of these and the id and time, with a key derived from the
 *   secret for this purpose only. With the secret itself, it would also be the signature of a
 *   webhook whose body is the signed text.
 *
 * The two headers of W3C Trace Context are not signed, because proxies that trace must rewrite
 * them.
 */
const prefix = 'orderchart-';
const signatureHeader = `${prefix}signature`;
const rewrittenHeaders: readonly string[] = ['traceparent', 'tracestate'];
/** Marks a name in the list. No name of a header contains it. */
const escapeMark = '=';

/** Whether a header belongs to W3C Trace Context. */
export function isRewritten(name: string): boolean {
  return rewrittenHeaders.includes(name);
}

/** Returns the headers of a message, and those with their signature. */
export function attributeHeaders(
  { key, type, sequence, headers }: TransportMessage,
  attempt: string,
  sign: (text: string) => string,
): Readonly<Record<string, string>> {
  const names = Object.keys(headers)
    .filter((name) => !isRewritten(name))
    .sort();
  const escaped = new Set(names.filter((name) => !isHeaderValue(headers[name])));
  const wired = (name: string) => {
    const value = headers[name] ?? '';
    return [name, escaped.has(name) ? encodeURIComponent(value) : value] as const;
  };
  const own = {
    [`${prefix}key`]: encodeURIComponent(key),
    [`${prefix}type`]: encodeURIComponent(type),
    [`${prefix}sequence`]: sequence === undefined ? '' : String(sequence),
    [`${prefix}headers`]: names
      .map((name) => (escaped.has(name) ? `${name}${escapeMark}` : name))
      .join(' '),
  };
  const content = names.map(wired);
  const text = signedText(attempt, Object.values(own), content);
  return { ...headers, ...Object.fromEntries(content), ...own, [signatureHeader]: sign(text) };
}

/**
 * Returns the signed parts of a message besides id and body, or none if the sender does not sign
 * them. Throws `signatureInvalid` if the signature is wrong: a modified message must not be treated
 * as unsigned.
 */
export function readAttributes(
  { headers, isSigned }: SignedRequest,
  attempt: string,
): Omit<WebhookDescription, 'id'> {
  const signature = singleValue(headers, signatureHeader);
  if (!headers.has(signatureHeader)) return {};
  const own = ['key', 'type', 'sequence', 'headers'].map((part) =>
    singleValue(headers, `${prefix}${part}`),
  );
  const [key = '', type = '', sequence = '', list = ''] = own;
  const items = list === '' ? [] : list.split(' ');
  const names = items.map((item) => item.replace(escapeMark, ''));
  const content = names.map((name) => [name, singleValue(headers, name)] as const);
  const text = signedText(attempt, own, content);
  const signatures = symmetricSignatures(signature ?? '').slice(0, maximumSignatures);
  if (!signatures.some((one) => isSigned(attributesPurpose, text, one))) throw attributesInvalid();
  return {
    key: decodeURIComponent(key),
    type: decodeURIComponent(type),
    sequence: sequence === '' ? undefined : Number(sequence),
    headers: {
      ...rewritten(headers),
      ...Object.fromEntries(
        content.map(([name, value = ''], index) => [
          name,
          items[index]?.endsWith(escapeMark) ? decodeURIComponent(value) : value,
        ]),
      ),
    },
  };
}

/** Headers that proxies may have changed. They only identify the trace. */
function rewritten(headers: HeaderValues): Readonly<Record<string, string>> {
  const found = rewrittenHeaders.flatMap((name) => {
    const value = singleValue(headers, name);
    return isHeaderValue(value) ? [[name, value] as const] : [];
  });
  return Object.fromEntries(found);
}

/** The signed text, which is different for different attributes and attempts. */
function signedText(
  attempt: string,
  own: readonly (string | undefined)[],
  headers: readonly (readonly [string, string | undefined])[],
): string {
  return JSON.stringify([attempt, own, headers]);
}

/** Returns the signatures of a header that use symmetric keys, undecoded. */
export function symmetricSignatures(header: string): readonly string[] {
  return header
    .split(' ')
    .filter((part) => part.startsWith('v1,'))
    .map((part) => part.slice('v1,'.length));
}

function attributesInvalid(): OrderchartError {
  return new OrderchartError(
    'signatureInvalid',
    'The body of the webhook is signed, but its key, type, sequence or headers were changed in transit.',
  );
}
