import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { z } from 'zod';
import {
  at,
  callable,
  checkOptions,
  flag,
  invalidOption,
  longestTimerMs,
  type OptionSchemas,
  whole,
} from '../options.ts';
import { addressPolicy, allowedAddressesText } from './addresses.ts';
import { defaultRefusedStatuses } from './answers.ts';
import {
  checkEndpoint,
  endpointSchemas,
  type WebhookEndpoint,
  type WebhookEndpointResolver,
} from './endpoint.ts';
import type { TlsSettings } from './post.ts';
import { defaultMaximumBodyBytes } from './verifier.ts';

/** Options of {@link createWebhookTransport} besides the endpoint. */
export interface WebhookSendingOptions {
  /** Allows `http:`. Default false: a signature does not hide the content. */
  readonly allowHttp?: boolean | undefined;
  /**
   * Addresses that requests may go to besides public ones: subnets such as `10.20.0.0/16`, or
   * `any`. Default: none. Otherwise anyone who can set a URL could reach internal services (SSRF).
   */
  readonly allowedAddresses?: readonly string[] | 'any' | undefined;
  /** How many redirects (307 and 308) are followed. Default 0. */
  readonly maximumRedirects?: number | undefined;
  /** The most concurrent requests. Default 32. */
  readonly concurrency?: number | undefined;
  /**
   * The most concurrent requests to one endpoint, so that a slow one leaves room for others.
   * Default: a quarter of `concurrency` if `endpoint` is set, otherwise `concurrency`.
   */
  readonly endpointConcurrency?: number | undefined;
  /**
   * How long a request may take, without waiting for its turn, in ms. The same limit applies to a
   * call of `endpoint`. Default 20,000.
   */
  readonly timeoutMs?: number | undefined;
  /** How long connecting may take, including TLS, in ms. Default 5,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** The largest body, in bytes. Larger messages are refused. Default 1,048,576. */
  readonly maximumBodyBytes?: number | undefined;
  /** How much of an answer is read before the connection is closed, in bytes. Default 65,536. */
  readonly maximumResponseBytes?: number | undefined;
  /** The most idle connections, over all receivers. Default 32. */
  readonly maximumIdleConnections?: number | undefined;
  /** How long an idle connection is kept, in ms. Default 4,000. */
  readonly idleTimeoutMs?: number | undefined;
  /** The longest wait that a receiver may request (`Retry-After`), in ms. Default 3,600,000. */
  readonly maximumRetryAfterMs?: number | undefined;
  /** Statuses that refuse a message permanently, so that it is parked instead of retried. */
  readonly refusedStatuses?: readonly number[] | undefined;
  /** Authorities to trust, and the client's certificate. */
  readonly tls?: TlsSettings | undefined;
  /** Resolves host names. Its results are checked. Default: the system's resolver. */
  readonly lookup?: LookupFunction | undefined;
  /**
   * Called for each answer 410, which means that the receiver wants no more webhooks. Disable the
   * endpoint. Must not throw.
   */
  readonly onGone?: ((endpoint: { readonly name: string }) => void) | undefined;
  /** Returns the time, in milliseconds since the Unix epoch. Default: the host's clock. */
  readonly now?: (() => number) | undefined;
}

/** Options of {@link createWebhookTransport}: one endpoint, or a function that finds it. */
export type WebhookTransportOptions =
  | (WebhookSendingOptions & WebhookEndpoint & { readonly endpoint?: undefined })
  | (WebhookSendingOptions & { readonly endpoint: WebhookEndpointResolver } & {
      readonly [Option in keyof WebhookEndpoint]?: undefined;
    });

const factory = 'createWebhookTransport';

const schema = z
  .strictObject({
    ...endpointSchemas,
    endpoint: callable<WebhookEndpointResolver>().optional(),
    allowHttp: flag().default(false),
    allowedAddresses: z
      .union([z.literal('any'), z.array(z.string()).readonly()], allowedAddressesText)
      .default([]),
    maximumRedirects: whole(0, 10).default(0),
    concurrency: whole(1, 10_000).default(32),
    endpointConcurrency: whole(1, 10_000).optional(),
    timeoutMs: whole(1, longestTimerMs, 'milliseconds').default(20_000),
    connectTimeoutMs: whole(1, longestTimerMs, 'milliseconds').default(5_000),
    maximumBodyBytes: whole(1, 2 ** 30, 'bytes').default(defaultMaximumBodyBytes),
    maximumResponseBytes: whole(0, 2 ** 30, 'bytes').default(65_536),
    maximumIdleConnections: whole(0, 10_000).default(32),
    idleTimeoutMs: whole(1, longestTimerMs, 'milliseconds').default(4_000),
    maximumRetryAfterMs: whole(0, 86_400_000, 'milliseconds').default(3_600_000),
    refusedStatuses: z
      .array(whole(300, 599), 'must be a list')
      .readonly()
      .default(defaultRefusedStatuses)
      .transform((statuses) => new Set(statuses)),
    // Nothing else, such as `rejectUnauthorized`, with which any server could pose as the receiver.
    tls: z
      .strictObject(
        {
          ca: z.custom<TlsSettings['ca']>().optional(),
          cert: z.custom<TlsSettings['cert']>().optional(),
          key: z.custom<TlsSettings['key']>().optional(),
        } satisfies OptionSchemas<TlsSettings>,
        'must be an object',
      )
      .default({}),
    lookup: callable<LookupFunction>().default(() => systemLookup as LookupFunction),
    onGone: callable<NonNullable<WebhookSendingOptions['onGone']>>().optional(),
    now: callable<() => number>().default(() => Date.now),
  } satisfies OptionSchemas<WebhookSendingOptions & WebhookEndpoint & { endpoint: unknown }>)
  .refine(
    ({ endpoint, url, secrets }) => endpoint === undefined || (url ?? secrets) === undefined,
    at('endpoint', 'excludes `url` and `secrets`, which it returns; set either it or them'),
  )
  .refine(
    ({ concurrency, endpointConcurrency = 1 }) => endpointConcurrency <= concurrency,
    at('endpointConcurrency', 'must be a whole number from 1 to `concurrency`'),
  );

/** The names of all options. */
export const transportOptionNames: readonly string[] = Object.keys(schema.shape);

/**
 * The options, checked and complete; `endpoint` is a fixed one, checked, or the host's function.
 */
export type WebhookSettings = ReturnType<typeof readTransportOptions>;

/** Throws `invalidArgument` for options that cannot work. Does not use the network. */
export function readTransportOptions(options: WebhookTransportOptions) {
  const { url, secrets, headers, name, ...given } = checkOptions(factory, schema, options);
  const isAllowed = addressPolicy(given.allowedAddresses);
  const { endpoint: resolver, concurrency, endpointConcurrency } = given;
  const invalid = (option: string, text: string) => invalidOption(factory, option, text);
  const fixed = { url, secrets, headers, name } as WebhookEndpoint;
  const share = resolver === undefined ? concurrency : Math.ceil(concurrency / 4);
  return {
    ...given,
    isAllowed,
    endpoint: resolver ?? checkEndpoint(fixed, { ...given, isAllowed }, invalid),
    endpointConcurrency: endpointConcurrency ?? share,
  };
}
