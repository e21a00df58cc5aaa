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

/** What {@link createWebhookTransport} takes besides the endpoint. */
export interface WebhookSendingOptions {
  /** Whether `http:` is allowed; false by default: what is signed is not secret for that. */
  readonly allowHttp?: boolean | undefined;
  /**
   * Addresses that may be connected to besides public ones: subnets such as `10.20.0.0/16`, or
   * `any`. None by default: whoever chooses a URL would else choose what of ours is called.
   */
  readonly allowedAddresses?: readonly string[] | 'any' | undefined;
  /** How many redirects (307 and 308) are followed for a message; none by default. */
  readonly maximumRedirects?: number | undefined;
  /** Requests at the same time at most; 32 by default. */
  readonly concurrency?: number | undefined;
  /**
   * Requests to one endpoint at the same time at most, so that a slow one leaves room for the others:
   * a quarter of `concurrency` by default where `endpoint` finds them, else all of it.
   */
  readonly endpointConcurrency?: number | undefined;
  /**
   * How long a message may take from its turn to the end of the answer; milliseconds, 20 s by
   * default. What `endpoint` may take to find where it goes, is as long again.
   */
  readonly timeoutMs?: number | undefined;
  /** How long a connection may take to be made, TLS included; milliseconds, 5 s by default. */
  readonly connectTimeoutMs?: number | undefined;
  /** The largest body, in bytes; larger ones are refused. 1 MiB by default. */
  readonly maximumBodyBytes?: number | undefined;
  /** How much of an answer is read before its connection is closed; bytes, 64 KiB by default. */
  readonly maximumResponseBytes?: number | undefined;
  /** Idle connections that are kept for later, over all receivers; 32 by default. */
  readonly maximumIdleConnections?: number | undefined;
  /** How long an idle connection is kept; milliseconds, 4 s by default. */
  readonly idleTimeoutMs?: number | undefined;
  /** The longest wait that a receiver may ask for (`Retry-After`); milliseconds, 1 h by default. */
  readonly maximumRetryAfterMs?: number | undefined;
  /** Answers that refuse a message for good, so that it is parked and not tried again. */
  readonly refusedStatuses?: readonly number[] | undefined;
  /** Authorities to trust, and our own certificate. */
  readonly tls?: TlsSettings | undefined;
  /** Resolves host names; the system's resolver by default. What it gives is checked. */
  readonly lookup?: LookupFunction | undefined;
  /**
   * Told of each answer 410: the receiver wants no webhooks there any more. Take the endpoint out
   * of service. Never throws.
   */
  readonly onGone?: ((endpoint: { readonly name: string }) => void) | undefined;
  /** The time, in milliseconds since the Unix epoch. The host's clock by default. */
  readonly now?: (() => number) | undefined;
}

/** What {@link createWebhookTransport} takes: one endpoint, or a function that finds it. */
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
    // Nothing else, such as `rejectUnauthorized`: whoever answers would then be the receiver.
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
    at('endpoint', 'finds URL and secrets: give it, or them'),
  )
  .refine(
    ({ concurrency, endpointConcurrency = 1 }) => endpointConcurrency <= concurrency,
    at('endpointConcurrency', 'must be a whole number from 1 to `concurrency`'),
  );

/** The names of all options. */
export const transportOptionNames: readonly string[] = Object.keys(schema.shape);

/** The options, checked and complete; `endpoint` is a fixed one, checked, or the host's function. */
export type WebhookSettings = ReturnType<typeof readTransportOptions>;

/** Throws `invalidArgument` for options that cannot work. Nothing is asked of the network. */
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
