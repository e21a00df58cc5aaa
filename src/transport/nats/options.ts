import { randomInt } from 'node:crypto';
import { z } from 'zod';
import {
  anyObject,
  anyText,
  at,
  callable,
  checkOptions,
  flag,
  type OptionSchemas,
  oneOf,
  oneOrSeveral,
  text,
  whole,
  withMethods,
} from '../../options.ts';
import { readServers } from './servers.ts';

/**
 * A `NatsConnection` of the client, as far as the transport recognizes it. The type is not the
 * client's own, whose declarations do not compile under every setting of TypeScript.
 */
export interface NatsHostConnection {
  /** Whether the connection has ended permanently. */
  isClosed(): boolean;
  /** Resolves when the connection has ended permanently. */
  closed(): Promise<unknown>;
  /** Resolves when the server has received everything sent so far. */
  flush(): Promise<void>;
  /** Reports when the connection is lost and when the client has reconnected. */
  status(): AsyncIterable<unknown>;
  /** Subscribes to a subject. */
  subscribe(subject: string, options?: object): unknown;
}

/** Options of {@link createNatsTransport}. Pass either `url` or `connection`. */
export interface NatsTransportOptions {
  /**
   * Addresses of the servers of one cluster: `nats://host:4222` or `tls://host:4222`. An address
   * may contain a user and password, or a token: `nats://user:password@host`.
   */
  readonly url?: string | readonly string[] | undefined;
  /**
   * A `NatsConnection` of the host, in place of `url`. The host closes it after the transport. Its
   * client must reconnect without a limit of attempts: `{ maxReconnectAttempts: -1 }`.
   */
  readonly connection?: NatsHostConnection | undefined;
  /** User name, unless `url` contains it. */
  readonly user?: string | undefined;
  /** Password, unless `url` contains it. */
  readonly password?: string | undefined;
  /** Token, unless `url` contains it. */
  readonly token?: string | undefined;
  /**
   * More settings of the client (its `ConnectionOptions`), such as `tls` and `authenticator`. The
   * other options take precedence. The type is not the client's own, whose declarations do not
   * compile under every setting of TypeScript.
   */
  readonly clientOptions?: object | undefined;
  /** The JetStream stream of the messages: letters, digits, `_`, `-`. */
  readonly stream: string;
  /** Messages are published as `<subject>.<key>`: `shop.orders` becomes `shop.orders.4711`. */
  readonly subject: string;
  /** Creates the stream if it is missing. If false, a missing stream is refused. Default true. */
  readonly createStream?: boolean | undefined;
  /** Only consumes: any stream is accepted, and `publish` is refused. Default false. */
  readonly receiveOnly?: boolean | undefined;
  /**
   * Where the stream is stored. `memory` does not survive a restart of the server. Default `file`.
   */
  readonly storage?: 'file' | 'memory' | undefined;
  /** The number of servers that store a created stream, 1 to 5. Default 1. */
  readonly replicas?: number | undefined;
  /** How long a created stream keeps messages, in ms. Default: forever. */
  readonly maximumAgeMs?: number | undefined;
  /**
   * The largest size of a created stream, in bytes. When it is full, publishing waits. Default: no
   * limit.
   */
  readonly maximumBytes?: number | undefined;
  /** How long a created stream remembers message ids, in ms, at least 100. Default 120,000. */
  readonly deduplicationWindowMs?: number | undefined;
  /**
   * For how many keys, or up to twice as many, the last place is cached. For others the server is
   * asked. Default 10,000.
   */
  readonly rememberedKeys?: number | undefined;
  /**
   * Name of the durable consumer. Processes with the same name share the messages. Required for
   * `consume`.
   */
  readonly consumer?: string | undefined;
  /** The subjects that the consumer receives. Default `<subject>.*`. */
  readonly filterSubject?: string | undefined;
  /**
   * Where a created consumer starts: at the oldest message (`start`) or at new ones (`now`).
   * Default `start`.
   */
  readonly deliverFrom?: 'start' | 'now' | undefined;
  /** After how long a message held by a dead process is delivered again, in ms. Default 15,000. */
  readonly ackWaitMs?: number | undefined;
  /** The most messages in flight in all processes of a consumer together. Default 1,000. */
  readonly maximumAckPending?: number | undefined;
  /** How long a connection or an answer may take, in ms. Default 5,000. */
  readonly timeoutMs?: number | undefined;
  /** The longest delay between attempts to reconnect, in ms. Default 10,000. */
  readonly maximumReconnectDelayMs?: number | undefined;
  /** Returns a number from 0 to 1 (exclusive), which spreads attempts to reconnect. For tests. */
  readonly random?: (() => number) | undefined;
}

/** The options of the client that the transport reads. */
export interface ClientOptions {
  readonly inboxPrefix?: string;
}

/** 104 days. In nanoseconds, as the server counts, a longer time is not a safe integer. */
const longestMs = 9_000_000_000;

const name = () => text(/^[\w-]{1,128}$/, 'be 1 to 128 letters, digits, `_` and `-`');
const subject = (form: RegExp) =>
  text(
    (value) => value.length <= 128 && form.test(value),
    'be words of letters, digits, `_` and `-` with dots between them',
  );

const schema = z
  .strictObject({
    url: oneOrSeveral('the address of a server, `nats://host:4222`').optional(),
    connection: withMethods<NatsHostConnection>(
      'be a connection of `@nats-io/transport-node`',
      'isClosed',
      'closed',
      'flush',
      'status',
      'subscribe',
    ).optional(),
    user: anyText().optional(),
    password: anyText().optional(),
    token: anyText().optional(),
    clientOptions: anyObject<ClientOptions>().optional(),
    stream: name(),
    subject: subject(/^[\w-]+(\.[\w-]+)*$/),
    createStream: flag().default(true),
    receiveOnly: flag().default(false),
    storage: oneOf('file', 'memory').default('file'),
    replicas: whole(1, 5).default(1),
    maximumAgeMs: whole(100, longestMs).optional(),
    maximumBytes: whole(1, longestMs).optional(),
    deduplicationWindowMs: whole(100, longestMs).default(120_000),
    rememberedKeys: whole(1, 2 ** 24).default(10_000),
    consumer: name().optional(),
    filterSubject: subject(/^([\w=-]+|\*)(\.([\w=-]+|\*))*(\.>)?$|^>$/).optional(),
    deliverFrom: oneOf('start', 'now').default('start'),
    ackWaitMs: whole(100, 3_600_000).default(15_000),
    maximumAckPending: whole(1, 2 ** 24).default(1_000),
    timeoutMs: whole(1, 3_600_000).default(5_000),
    maximumReconnectDelayMs: whole(1, 3_600_000).default(10_000),
    random: callable<() => number>().default(() => () => randomInt(2 ** 32) / 2 ** 32),
  } satisfies OptionSchemas<NatsTransportOptions>)
  .refine(
    ({ url, connection }) => url !== undefined || connection !== undefined,
    at('url', 'is missing; pass it, or a `connection`'),
  )
  .refine(
    ({ connection, url, user, password, token, clientOptions }) =>
      connection === undefined || (url ?? user ?? password ?? token ?? clientOptions) === undefined,
    at('connection', 'excludes `url`, `user`, `password`, `token` and `clientOptions`'),
  );

/** The options, checked and complete; `url` without credentials. */
export type NatsSettings = ReturnType<typeof readOptions>;

/** Throws `invalidArgument` for invalid options. The message contains no credentials. */
export function readOptions(options: NatsTransportOptions) {
  const given = checkOptions('createNatsTransport', schema, options);
  const { url, credentials, tls } = readServers(given, 'createNatsTransport');
  return {
    ...given,
    url,
    ...credentials,
    clientOptions: { ...(tls ? { tls: {} } : {}), ...given.clientOptions },
    filterSubject: given.filterSubject ?? `${given.subject}.*`,
  };
}
