import { randomInt } from 'node:crypto';
import { OrderchartError } from '../../errors.ts';
import { readServers } from './servers.ts';

/** What {@link createNatsTransport} takes. */
export interface NatsTransportOptions {
  /**
   * Where the servers are: `nats://host:4222`, `tls://host:4222`, or several of one cluster. A
   * user and password, or a token, may stand in it: `nats://user:password@host`.
   */
  readonly url: string | readonly string[];
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /**
   * More settings of the client (its `ConnectionOptions`), such as `tls` and `authenticator`; what
   * is set here wins. The type is not the client's own, whose declarations do not compile under
   * every setting of TypeScript.
   */
  readonly clientOptions?: object;
  /** The JetStream stream that holds the messages: letters, digits, `_`, `-`. */
  readonly stream: string;
  /** Messages are published as `<subject>.<key>`: `shop.orders` gives `shop.orders.4711`. */
  readonly subject: string;
  /** Creates the stream when it is missing. Default true; else a missing stream is refused. */
  readonly createStream?: boolean;
  /** Only consumes: any stream will do, and `publish` is refused. Default false. */
  readonly receiveOnly?: boolean;
  /** Where the stream is kept. `memory` does not outlive a restart of the server. Default `file`. */
  readonly storage?: 'file' | 'memory';
  /** On how many servers of the cluster a created stream is kept, 1 to 5. Default 1. */
  readonly replicas?: number;
  /** How long a created stream keeps messages, in ms. Default: for ever. */
  readonly maximumAgeMs?: number;
  /** How large a created stream may become, in bytes; then publishing waits. Default: no limit. */
  readonly maximumBytes?: number;
  /** How long a created stream remembers message ids, in ms, 100 or more. Default 120,000. */
  readonly deduplicationWindowMs?: number;
  /** Of how many keys the last place is kept in memory; others are asked for. Default 10,000. */
  readonly rememberedKeys?: number;
  /** Name of the durable consumer, which processes that share the work share. Without: no `consume`. */
  readonly consumer?: string;
  /** What the consumer takes. Default `<subject>.*`. */
  readonly filterSubject?: string;
  /** Where a consumer that is created begins: with the oldest message (`start`), or with new ones. */
  readonly deliverFrom?: 'start' | 'now';
  /** After how long a delivery of a consumer that died comes again, in ms. Default 15,000. */
  readonly ackWaitMs?: number;
  /** Deliveries in hand of all processes of a consumer together, at most. Default 1,000. */
  readonly maximumAckPending?: number;
  /** How long to wait for a connection or an answer, in ms. Default 5,000. */
  readonly timeoutMs?: number;
  /** The longest pause between attempts to connect again, in ms. Default 10,000. */
  readonly maximumReconnectDelayMs?: number;
  /** A number from 0 to 1 (exclusive), to spread attempts to connect again. */
  readonly random?: () => number;
}

/** Of the client's options those that we look at ourselves. */
export interface ClientOptions {
  readonly inboxPrefix?: string;
}

/** The options, checked and complete. */
export interface NatsSettings {
  /** `host:port`, without credentials. */
  readonly url: readonly string[];
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  readonly clientOptions: ClientOptions;
  readonly stream: string;
  readonly subject: string;
  readonly createStream: boolean;
  readonly receiveOnly: boolean;
  readonly storage: 'file' | 'memory';
  readonly replicas: number;
  readonly maximumAgeMs: number | undefined;
  readonly maximumBytes: number | undefined;
  readonly deduplicationWindowMs: number;
  readonly rememberedKeys: number;
  readonly consumer: string | undefined;
  readonly filterSubject: string;
  readonly deliverFrom: 'start' | 'now';
  readonly ackWaitMs: number;
  readonly maximumAckPending: number;
  readonly timeoutMs: number;
  readonly maximumReconnectDelayMs: number;
  readonly random: () => number;
}

/** Throws `invalidArgument` for options that cannot work; the message holds no credential. */
export function readOptions(options: NatsTransportOptions): NatsSettings {
  const { url, credentials, tls } = readServers(options, invalid);
  const { stream, subject, consumer } = options;
  checkName('stream', stream);
  checkSubject('subject', subject, /^[\w-]+(\.[\w-]+)*$/);
  if (consumer !== undefined) checkName('consumer', consumer);
  const filterSubject = options.filterSubject ?? `${subject}.*`;
  checkSubject('filterSubject', filterSubject, /^([\w=-]+|\*)(\.([\w=-]+|\*))*(\.>)?$|^>$/);
  const { clientOptions = {} } = options;
  return {
    url,
    ...credentials,
    clientOptions: tls ? { tls: {}, ...clientOptions } : clientOptions,
    stream,
    subject,
    createStream: oneOf('createStream', options.createStream ?? true, [true, false]),
    receiveOnly: oneOf('receiveOnly', options.receiveOnly ?? false, [true, false]),
    storage: oneOf('storage', options.storage ?? 'file', ['file', 'memory']),
    replicas: whole('replicas', options.replicas ?? 1, 1, 5),
    maximumAgeMs: maybeWhole('maximumAgeMs', options.maximumAgeMs, 100),
    maximumBytes: maybeWhole('maximumBytes', options.maximumBytes, 1),
    deduplicationWindowMs: whole(
      'deduplicationWindowMs',
      options.deduplicationWindowMs ?? 120_000,
      100,
      longestMs,
    ),
    rememberedKeys: whole('rememberedKeys', options.rememberedKeys ?? 10_000, 1, 2 ** 24),
    consumer,
    filterSubject,
    deliverFrom: oneOf('deliverFrom', options.deliverFrom ?? 'start', ['start', 'now']),
    ackWaitMs: whole('ackWaitMs', options.ackWaitMs ?? 15_000, 100, 3_600_000),
    maximumAckPending: whole('maximumAckPending', options.maximumAckPending ?? 1_000, 1, 2 ** 24),
    timeoutMs: whole('timeoutMs', options.timeoutMs ?? 5_000, 1, 3_600_000),
    maximumReconnectDelayMs: whole(
      'maximumReconnectDelayMs',
      options.maximumReconnectDelayMs ?? 10_000,
      1,
      3_600_000,
    ),
    random: options.random ?? randomFraction,
  };
}

/** 104 days: a longer time, in the server's nanoseconds, is no safe integer of JavaScript. */
const longestMs = 9_000_000_000;

const randomFraction = (): number => randomInt(2 ** 32) / 2 ** 32;

function checkName(option: string, value: unknown): void {
  if (typeof value !== 'string' || !/^[\w-]{1,128}$/.test(value)) {
    throw invalid(option, 'must be 1 to 128 letters, digits, `_` and `-`');
  }
}

function checkSubject(option: string, value: unknown, form: RegExp): void {
  if (typeof value !== 'string' || value.length > 128 || !form.test(value)) {
    throw invalid(option, 'must be words of letters, digits, `_` and `-` with dots between them');
  }
}

function oneOf<T>(option: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  throw invalid(option, `must be ${allowed.map((each) => JSON.stringify(each)).join(' or ')}`);
}

function maybeWhole(option: string, value: number | undefined, least: number): number | undefined {
  return value === undefined ? undefined : whole(option, value, least, longestMs);
}

function whole(option: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(option, `must be a whole number from ${least} to ${most}`);
}

function invalid(option: string, text: string): OrderchartError {
  return new OrderchartError('invalidArgument', `createNatsTransport: \`${option}\` ${text}.`, {
    details: { option },
  });
}
