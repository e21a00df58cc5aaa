import { randomInt } from 'node:crypto';
import type { RedisOptions } from 'ioredis';
import { OrderchartError } from '../../errors.ts';

/** A setting of the server that is allowed but weakens a guarantee. */
export interface RedisWarning {
  /** Stable, for programs and alerts. */
  readonly name: 'redisEviction' | 'redisNotPersistent' | 'redisSettingsUnknown';
  readonly message: string;
}

/** What {@link createRedisTransport} takes. */
export interface RedisTransportOptions {
  /** `redis://host:6379/0`, or `rediss://` for TLS; a user and password may stand in it. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** More settings of the client (ioredis), such as `tls` and `sentinels`; what is set here wins. */
  readonly clientOptions?: RedisOptions;
  /** The key of the stream. Other keys that are used begin with it. */
  readonly stream: string;
  /** The stream is trimmed to about so many messages, read or not. Default: it is not. */
  readonly maximumLength?: number;
  /** Messages older than this are trimmed away, read or not, in ms. Default: they are not. */
  readonly maximumAgeMs?: number;
  /** How long message ids are remembered, in ms; 0 for not at all. Default 600,000. */
  readonly deduplicationWindowMs?: number;
  /** Larger bodies are refused: the server keeps all of a stream in memory. Default 1,048,576. */
  readonly maximumBodyBytes?: number;
  /** Name of the consumer group, which processes that share the work share. Without: no `consume`. */
  readonly group?: string;
  /** Name of this process in the group; no two may have the same. Default: a random one. */
  readonly consumer?: string;
  /** Where a group that is created begins: with the oldest message (`start`), or with new ones. */
  readonly deliverFrom?: 'start' | 'now';
  /** After how long a delivery of a process that died goes to another, in ms. Default 15,000. */
  readonly claimAfterMs?: number;
  /** How long to wait for a connection or an answer, in ms. Default 5,000. */
  readonly timeoutMs?: number;
  /** The longest pause between attempts to connect again, in ms. Default 10,000. */
  readonly maximumReconnectDelayMs?: number;
  /** A number from 0 to 1 (exclusive), to spread attempts to connect again. */
  readonly random?: () => number;
  /** Is told once per opening about every setting that weakens a guarantee; without it they are refused. */
  readonly warn?: (warning: RedisWarning) => void;
}

/** The options, checked and complete. */
export interface RedisSettings {
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly clientOptions: RedisOptions;
  readonly stream: string;
  readonly maximumLength: number | undefined;
  readonly maximumAgeMs: number | undefined;
  readonly deduplicationWindowMs: number;
  readonly maximumBodyBytes: number;
  readonly group: string | undefined;
  readonly consumer: string;
  readonly deliverFrom: 'start' | 'now';
  readonly claimAfterMs: number;
  readonly timeoutMs: number;
  readonly maximumReconnectDelayMs: number;
  readonly random: () => number;
  readonly warn: ((warning: RedisWarning) => void) | undefined;
}

/** Throws `invalidArgument` for options that cannot work; the message holds no credential. */
export function readOptions(options: RedisTransportOptions): RedisSettings {
  const { url, username, password, group, warn } = options;
  checkUrl(url);
  checkName('stream', options.stream);
  if (group !== undefined) checkName('group', group);
  const consumer = options.consumer ?? randomName();
  checkName('consumer', consumer);
  return {
    url,
    username,
    password,
    clientOptions: options.clientOptions ?? {},
    stream: options.stream,
    maximumLength: maybeWhole('maximumLength', options.maximumLength),
    maximumAgeMs: maybeWhole('maximumAgeMs', options.maximumAgeMs),
    deduplicationWindowMs: whole(
      'deduplicationWindowMs',
      options.deduplicationWindowMs ?? 600_000,
      0,
      most,
    ),
    maximumBodyBytes: whole('maximumBodyBytes', options.maximumBodyBytes ?? 1_048_576, 1, 2 ** 29),
    group,
    consumer,
    deliverFrom: checkPlace(options.deliverFrom ?? 'start'),
    claimAfterMs: whole('claimAfterMs', options.claimAfterMs ?? 15_000, 100, 3_600_000),
    timeoutMs: whole('timeoutMs', options.timeoutMs ?? 5_000, 1, 3_600_000),
    maximumReconnectDelayMs: whole(
      'maximumReconnectDelayMs',
      options.maximumReconnectDelayMs ?? 10_000,
      1,
      3_600_000,
    ),
    random: options.random ?? randomFraction,
    warn,
  };
}

const most = Number.MAX_SAFE_INTEGER;

const randomFraction = (): number => randomInt(2 ** 32) / 2 ** 32;

/** Not by the option `random`: processes with the same seed must not have the same name. */
function randomName(): string {
  const parts = [randomInt(2 ** 32), randomInt(2 ** 32)].map((part) => part.toString(16));
  return `orderchart-${parts.map((part) => part.padStart(8, '0')).join('')}`;
}

function checkUrl(url: unknown): void {
  // The error of `new URL` holds the whole text, and with it a password.
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '') {
    throw invalid('url', 'must have the form `redis://host:6379` or `rediss://host:6379`');
  }
}

function checkName(option: string, value: unknown): void {
  if (typeof value !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(value)) {
    throw invalid(option, 'must be 1 to 128 printable ASCII characters without white space');
  }
}

function checkPlace(value: 'start' | 'now'): 'start' | 'now' {
  if (value === 'start' || value === 'now') return value;
  throw invalid('deliverFrom', "must be 'start' or 'now'");
}

function maybeWhole(option: string, value: number | undefined): number | undefined {
  return value === undefined ? undefined : whole(option, value, 1, most);
}

function whole(option: string, value: number, least: number, greatest: number): number {
  if (Number.isInteger(value) && value >= least && value <= greatest) return value;
  throw invalid(option, `must be a whole number from ${least} to ${greatest}`);
}

function invalid(option: string, text: string): OrderchartError {
  return new OrderchartError('invalidArgument', `createRedisTransport: \`${option}\` ${text}.`, {
    details: { option },
  });
}
