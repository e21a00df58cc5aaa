import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { type AddressPolicy, addressPolicy } from './addresses.ts';
import { defaultRefusedStatuses } from './answers.ts';
import { day, longestTimerMs, type OptionChecks, optionChecks } from './checks.ts';
import {
  type CheckedEndpoint,
  checkEndpoint,
  endpointFields,
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
  /** How long a message may take from its turn to the end of the answer; milliseconds, 20 s by default. */
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

/** The options, checked and complete. */
export interface WebhookSettings {
  /** A fixed endpoint, checked; or the host's function. */
  readonly endpoint: CheckedEndpoint | WebhookEndpointResolver;
  readonly allowHttp: boolean;
  readonly isAllowed: AddressPolicy;
  readonly maximumRedirects: number;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly maximumBodyBytes: number;
  readonly maximumResponseBytes: number;
  readonly maximumIdleConnections: number;
  readonly idleTimeoutMs: number;
  readonly maximumRetryAfterMs: number;
  readonly refusedStatuses: ReadonlySet<number>;
  readonly tls: TlsSettings;
  readonly lookup: LookupFunction;
  readonly onGone: WebhookSendingOptions['onGone'];
  readonly now: () => number;
}

/** Defaults of the options that are numbers, and what they may be. */
const numericOptions = {
  maximumRedirects: { value: 0, from: 0, to: 10 },
  concurrency: { value: 32, from: 1, to: 10_000 },
  timeoutMs: { value: 20_000, from: 1, to: longestTimerMs, unit: 'milliseconds' },
  connectTimeoutMs: { value: 5_000, from: 1, to: longestTimerMs, unit: 'milliseconds' },
  maximumBodyBytes: { value: defaultMaximumBodyBytes, from: 1, to: 2 ** 30, unit: 'bytes' },
  maximumResponseBytes: { value: 65_536, from: 0, to: 2 ** 30, unit: 'bytes' },
  maximumIdleConnections: { value: 32, from: 0, to: 10_000 },
  idleTimeoutMs: { value: 4_000, from: 1, to: longestTimerMs, unit: 'milliseconds' },
  maximumRetryAfterMs: { value: 3_600_000, from: 0, to: day, unit: 'milliseconds' },
} as const;

/** The names of all options. */
export const transportOptionNames: readonly string[] = [
  ...endpointFields,
  'endpoint',
  ...Object.keys(numericOptions),
  'allowHttp',
  'allowedAddresses',
  'refusedStatuses',
  'tls',
  'lookup',
  'onGone',
  'now',
];

type NumericOption = keyof typeof numericOptions;

/** Throws `invalidArgument` for options that cannot work. Nothing is asked of the network. */
export function readTransportOptions(
  options: WebhookTransportOptions & { readonly now: () => number },
): WebhookSettings {
  const checks = optionChecks('createWebhookTransport');
  checks.known(options, transportOptionNames);
  const { allowHttp = false, allowedAddresses = [], lookup = systemLookup, onGone, now } = options;
  const { refusedStatuses = defaultRefusedStatuses, tls = {} } = options;
  const rules = {
    allowHttp: checks.flag('allowHttp', allowHttp),
    isAllowed: addressPolicy(allowedAddresses),
  };
  return {
    ...numbersOf(options, checks),
    ...rules,
    endpoint: endpointOf(options, rules, checks),
    refusedStatuses: new Set(checkStatuses(refusedStatuses, checks)),
    tls: checkTls(tls, checks),
    lookup: checks.callback('lookup', lookup as LookupFunction),
    onGone: checks.callback('onGone', onGone),
    now: checks.callback('now', now),
  };
}

function numbersOf(
  options: WebhookSendingOptions,
  checks: OptionChecks,
): Readonly<Record<NumericOption, number>> {
  const entries = Object.entries(numericOptions).map(([name, { value, ...bounds }]) => [
    name,
    checks.whole(name, options[name as NumericOption] ?? value, bounds),
  ]);
  return Object.fromEntries(entries) as Record<NumericOption, number>;
}

function endpointOf(
  options: WebhookTransportOptions,
  rules: Pick<WebhookSettings, 'allowHttp' | 'isAllowed'>,
  checks: OptionChecks,
): WebhookSettings['endpoint'] {
  if (options.endpoint === undefined) return checkEndpoint(options, rules, checks.invalid);
  if (options.url !== undefined || options.secrets !== undefined) {
    throw checks.invalid('endpoint', 'finds URL and secrets: give it, or them');
  }
  return checks.callback('endpoint', options.endpoint);
}

function checkStatuses(statuses: unknown, checks: OptionChecks): readonly number[] {
  if (!Array.isArray(statuses)) throw checks.invalid('refusedStatuses', 'must be a list');
  return statuses.map((status) => checks.whole('refusedStatuses', status, { from: 300, to: 599 }));
}

function checkTls(tls: unknown, checks: OptionChecks): TlsSettings {
  if (typeof tls !== 'object' || tls === null) throw checks.invalid('tls', 'must be an object');
  const unknown = Object.keys(tls).filter((name) => !['ca', 'cert', 'key'].includes(name));
  // `rejectUnauthorized: false`, for one: whoever answers would then be the receiver.
  if (unknown.length > 0) throw checks.invalid('tls', 'takes `ca`, `cert` and `key`');
  return tls;
}
