/**
 * The headers of a request, in any of the usual forms: those of `node:http` and of frameworks based
 * on it, or `Headers` of fetch. Names are case-insensitive.
 */
export type WebhookHeaders =
  | Headers
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** Headers by name in lower case. A header that was sent several times has several values. */
export type HeaderValues = ReadonlyMap<string, readonly string[]>;

export function headerValues(headers: WebhookHeaders): HeaderValues {
  const values = new Map<string, readonly string[]>();
  for (const [name, value] of entriesOf(headers)) {
    if (value === undefined) continue;
    const key = name.toLowerCase();
    values.set(key, [...(values.get(key) ?? []), ...(typeof value === 'string' ? [value] : value)]);
  }
  return values;
}

function entriesOf(
  headers: WebhookHeaders,
): Iterable<readonly [string, string | readonly string[] | undefined]> {
  return headers instanceof Headers ? headers.entries() : Object.entries(headers);
}

/** Returns the value of a header, or `undefined` if it is missing or was sent several times. */
export function singleValue(values: HeaderValues, name: string): string | undefined {
  const found = values.get(name);
  return found?.length === 1 ? found[0] : undefined;
}

/** Headers that control HTTP itself. A message that has one cannot be sent. */
const framingHeaders: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Headers that clients and proxies add, not part of a message. Two of them contain secrets. */
const personalHeaders: ReadonlySet<string> = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'authorization',
  'cookie',
  'date',
  'forwarded',
  'priority',
  'referer',
  'user-agent',
  'via',
]);

/** Whether a name is valid by RFC 9110, in lower case. */
export function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9a-z-]{1,200}$/.test(name);
}

/** Whether a value is printable ASCII, as the port requires. */
export function isPrintable(value: unknown): value is string {
  return typeof value === 'string' && /^[\x20-\x7e]*$/.test(value);
}

/**
 * Whether HTTP carries a value unchanged: printable ASCII without spaces at the ends, which HTTP
 * trims.
 */
export function isHeaderValue(value: unknown): value is string {
  return typeof value === 'string' && /^([\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?)?$/.test(value);
}

/** Whether the transport or HTTP uses the name. */
export function isReserved(name: string): boolean {
  return (
    framingHeaders.has(name) ||
    /^webhook-|^orderchart-(key|type|sequence|headers|signature)$/.test(name)
  );
}

/**
 * Returns the headers of a request that the message keeps if the sender has not signed them. The
 * attributes of a CloudEvent determine how a message is handled, so they are not trusted unsigned.
 */
export function unsignedHeaders(
  values: HeaderValues,
  withAttributes: boolean,
): Readonly<Record<string, string>> {
  const isKept = (name: string, value: string) =>
    isHeaderName(name) &&
    isHeaderValue(value) &&
    !isReserved(name) &&
    !personalHeaders.has(name) &&
    !/^(x-forwarded-|sec-)/.test(name) &&
    (withAttributes || !name.startsWith('ce-'));
  const kept = [...values].flatMap(([name, [value = '', ...more]]) =>
    more.length === 0 && isKept(name, value) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(kept);
}
