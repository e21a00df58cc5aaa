import { z } from 'zod';
import type { OptionSchemas } from '../options.ts';
import type { TransportMessage } from '../transport/transport.ts';
import type { AddressPolicy } from './addresses.ts';
import { isHeaderName, isHeaderValue, isReserved } from './headers.ts';
import type { SigningKey } from './scheme.ts';
import { standardKey } from './standard.ts';
import { readSecrets } from './verifier.ts';

/** The destination of webhooks. */
export interface WebhookEndpoint {
  /** The URL, `https:`. A user and password in it are sent as basic authentication. */
  readonly url: string | URL;
  /**
   * The secrets shared with the receiver, `whsec_...`. Use different secrets for each endpoint,
   * since anyone who has a secret can sign with it. Each request is signed with all of them: to
   * rotate, set the new and the old one until every receiver has the new one.
   */
  readonly secrets: readonly string[];
  /** Additional headers, for gateways that require a token. Not `webhook-` or `orderchart-`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The name of the endpoint in errors and hooks. Default: the URL's origin. */
  readonly name?: string | undefined;
}

const maximumUrlLength = 8_000;

/** The fields of an endpoint. {@link checkEndpoint} checks their values. */
export const endpointSchemas = {
  url: z.custom<WebhookEndpoint['url']>().optional(),
  secrets: z.custom<WebhookEndpoint['secrets']>().optional(),
  headers: z.custom<WebhookEndpoint['headers']>().optional(),
  name: z.custom<WebhookEndpoint['name']>().optional(),
} satisfies OptionSchemas<WebhookEndpoint>;

/** The names of an endpoint's fields. */
export const endpointFields: readonly string[] = Object.keys(endpointSchemas);

/**
 * Finds the endpoint of a message, for hosts with many endpoints. Returns `undefined` if no
 * endpoint wants the message, which then counts as published. An error counts as a temporary
 * failure.
 */
export type WebhookEndpointResolver = (
  message: TransportMessage,
) => WebhookEndpoint | undefined | Promise<WebhookEndpoint | undefined>;

/** An endpoint, checked. */
export interface CheckedEndpoint {
  readonly name: string;
  readonly url: URL;
  readonly keys: readonly SigningKey[];
  readonly headers: Readonly<Record<string, string>>;
}

/** The rules for endpoints. */
export interface EndpointRules {
  readonly allowHttp: boolean;
  readonly isAllowed: AddressPolicy;
}

/** Checks an endpoint. Errors name the option and contain no secret, path or query. */
export function checkEndpoint(
  endpoint: WebhookEndpoint,
  rules: EndpointRules,
  invalid: (option: string, text: string) => Error,
): CheckedEndpoint {
  const { secrets, headers = {}, name } = endpoint;
  const url = urlOf(endpoint.url, invalid);
  const credentials = takeCredentials(url, invalid);
  const fault = urlFault(url, rules);
  if (fault !== undefined) throw invalid('url', fault);
  if (name !== undefined && (typeof name !== 'string' || !/^[\x20-\x7e]{1,200}$/.test(name))) {
    throw invalid('name', 'must be 1 to 200 printable ASCII characters');
  }
  return {
    name: name ?? url.origin,
    url,
    keys: readSecrets(secrets, standardKey, (text) => invalid('secrets', text)),
    headers: { ...credentials, ...checkHeaders(headers, invalid) },
  };
}

function urlOf(url: unknown, invalid: (option: string, text: string) => Error): URL {
  const text = url instanceof URL ? url.href : url;
  // The error of the parser would contain the URL, which may contain a secret.
  if (typeof text !== 'string' || !URL.canParse(text)) throw invalid('url', 'must be a URL');
  // Servers accept at most 8 KiB as the first line of a request.
  if (text.length > maximumUrlLength) {
    throw invalid('url', `must have ${maximumUrlLength} characters at most`);
  }
  return new URL(text);
}

/** Moves user and password from the URL to a header. */
function takeCredentials(
  url: URL,
  invalid: (option: string, text: string) => Error,
): Readonly<Record<string, string>> {
  if (url.username === '' && url.password === '') return {};
  const credentials = decoded(`${url.username}:${url.password}`);
  if (credentials === undefined) throw invalid('url', 'has credentials that are not encoded');
  url.username = '';
  url.password = '';
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * Returns why requests to a URL are not allowed, or `undefined`. Also checked for each redirect.
 * Names are resolved, and their addresses checked, on connecting.
 */
export function urlFault(url: URL, { allowHttp, isAllowed }: EndpointRules): string | undefined {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allowHttp)) {
    return allowHttp ? 'must be https or http' : 'must be https, or http with `allowHttp`';
  }
  const literal = literalAddress(url);
  if (literal === undefined || isAllowed(literal)) return undefined;
  return 'must have a public address, or one of `allowedAddresses`';
}

/** Returns the address if the URL contains one. The parser has normalized its notation. */
function literalAddress({ hostname }: URL): string | undefined {
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return /^\d+\.\d+\.\d+\.\d+$/.test(hostname) ? hostname : undefined;
}

function checkHeaders(
  headers: unknown,
  invalid: (option: string, text: string) => Error,
): Readonly<Record<string, string>> {
  if (typeof headers !== 'object' || headers === null) {
    throw invalid('headers', 'must be an object');
  }
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  for (const [name, value] of entries) {
    if (!isHeaderName(name) || isReserved(name) || !isHeaderValue(value)) {
      throw invalid(
        'headers',
        'must be names and texts of printable ASCII, and none that HTTP or the signature needs',
      );
    }
  }
  return Object.fromEntries(entries);
}
