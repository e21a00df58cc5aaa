/**
 * The headers of a request, in any of the usual forms: those of `node:http` and of frameworks on
 * it, or the `Headers` of fetch. The case of names does not matter.
 */
export type WebhookHeaders =
  | Headers
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** Headers by name in lower case; the values of one that was sent several times. */
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

/** The one value of a header; `undefined` when it is missing, or not one. */
export function singleValue(values: HeaderValues, name: string): string | undefined {
  const found = values.get(name);
  return found?.length === 1 ? found[0] : undefined;
}

/** Headers by which HTTP itself works; a message that has one cannot travel by it. */
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

/** Headers that clients and hops add, and that are no message's; two of them hold secrets. */
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

/** A header's name by RFC 9110, in lower case. */
export function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9a-z-]{1,200}$/.test(name);
}

/** Printable ASCII: what the value of a message's header may be. */
export function isPrintable(value: unknown): value is string {
  return typeof value === 'string' && /^[\x20-\x7e]*$/.test(value);
}

/** Printable ASCII. HTTP takes blanks at the ends away, so there may be none. */
export function isHeaderValue(value: unknown): value is string {
  return typeof value === 'string' && /^([\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?)?$/.test(value);
}

/** Names that the transport needs for itself, or HTTP does. */
export function isReserved(name: string): boolean {
  return (
    framingHeaders.has(name) ||
    /^webhook-|^orderchart-(key|type|sequence|headers|signature)$/.test(name)
  );
}

/**
 * What of a request's headers goes with the message when its sender has signed none of them. The
 * attributes of a CloudEvent decide what becomes of a message, so they are not believed unsigned.
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
