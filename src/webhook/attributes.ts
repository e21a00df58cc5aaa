import { OrderchartError } from '../errors.ts';
import type { TransportMessage } from '../transport/transport.ts';
import { type HeaderValues, isHeaderValue, singleValue } from './headers.ts';
import { maximumSignatures, type SignedRequest, type WebhookDescription } from './scheme.ts';

/** What the key is derived for that signs attributes. */
export const attributesPurpose = 'webhook attributes';

/**
 * Standard Webhooks signs id, time and body, and no header: whoever sits between could give a
 * signed body another type or another order. So our transport signs what else a message is made
 * of in a header of its own, which other receivers pass over:
 *
 * - `orderchart-key`, `-type` and `-sequence`, the first two percent-encoded;
 * - `orderchart-headers`, the names of the message's headers (proxies add some of their own); a name
 *   that ends with `=` has a percent-encoded value, since HTTP takes blanks at the ends away;
 * - `orderchart-signature`, over all of these and the id and time, with a key that is derived from
 *   the secret for this alone. Made with the secret itself, it would be the signature of a webhook
 *   whose body is what it was made over.
 *
 * The two headers of W3C Trace Context are not signed: hops that trace have to rewrite them.
 */
const prefix = 'orderchart-';
const signatureHeader = `${prefix}signature`;
const rewrittenHeaders: readonly string[] = ['traceparent', 'tracestate'];
/** Behind a name in the list; no name of a header holds it. */
const escapeMark = '=';

/** A header of W3C Trace Context. */
export function isRewritten(name: string): boolean {
  return rewrittenHeaders.includes(name);
}

/** The headers of a message, and those that sign them. */
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
 * What a request says of its message besides id and body; nothing when the sender signs nothing of
 * it. Throws `signatureInvalid` when it is signed wrongly: a change must not pass for an absence.
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

/** What hops may have changed. It tells whose trace it is, and decides nothing. */
function rewritten(headers: HeaderValues): Readonly<Record<string, string>> {
  const found = rewrittenHeaders.flatMap((name) => {
    const value = singleValue(headers, name);
    return isHeaderValue(value) ? [[name, value] as const] : [];
  });
  return Object.fromEntries(found);
}

/** One text for one set of attributes of one attempt, and another for any other. */
function signedText(
  attempt: string,
  own: readonly (string | undefined)[],
  headers: readonly (readonly [string, string | undefined])[],
): string {
  return JSON.stringify([attempt, own, headers]);
}

/** Signatures of a header that are made with symmetric keys, as they are written. */
export function symmetricSignatures(header: string): readonly string[] {
  return header
    .split(' ')
    .filter((part) => part.startsWith('v1,'))
    .map((part) => part.slice('v1,'.length));
}

function attributesInvalid(): OrderchartError {
  return new OrderchartError(
    'signatureInvalid',
    'The body of the webhook is signed, but key, type, sequence or headers were changed on the way.',
  );
}
