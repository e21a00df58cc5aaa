import { z } from 'zod';
import { callable, type Settings } from '../../options.ts';
import type { Actor } from '../../order/envelope.ts';
import { idSchema } from '../../order/schemas.ts';
import type { Transport, TransportMessage } from '../../transport/transport.ts';
import { checkArgument, having } from '../contract/arguments.ts';
import type { AsWritten } from '../contract/as-written.ts';
import type { Rejected } from '../contract/results.ts';
import type { RetryPolicy } from '../kernel/backoff.ts';
import { retrySchema, subscriptionNameSchema } from '../subscriptions/options.ts';
import { transportSchema } from './publish.ts';

/** The second argument of `map`. */
export interface MapContext {
  /** The number of the attempt at this message, from 1. */
  readonly attempt: number;
  /** Aborted when the reception ends or the attempt takes too long; the message is then retried. */
  readonly signal: AbortSignal;
}

/** Commands with their circumstances, as `map` may return them. */
export interface MappedCommands<Command> {
  /** The command, or several, which are executed one after the other. */
  readonly commands: AsWritten<Command> | readonly AsWritten<Command>[];
  /** The tenant of the order. Default: the option `tenantId` of `startReceiving`. */
  readonly tenantId?: string | undefined;
  /** Who sent the commands. Recorded in the events. */
  readonly actor?: Actor | undefined;
  /** The id of the process that it is part of. Recorded in the events. */
  readonly correlationId?: string | undefined;
}

/** The result of `map`: a command, several that are executed one after the other, or nothing. */
export type MapAnswer<Command> =
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing returns void
  void | undefined | AsWritten<Command> | readonly AsWritten<Command>[] | MappedCommands<Command>;

/** A message that cannot be processed, and why: the argument of the option `deadLetter`. */
export interface DeadLetter {
  /** The message as it arrived. */
  readonly message: TransportMessage;
  /** The name of the reception that gave it up. */
  readonly reception: string;
  /** Why, for programs: the code of the error, `orderNotFound`, or `refusedByMap`. */
  readonly reason: string;
  /** Why, for people: the message of the error, or an empty text. */
  readonly detail: string;
  /** The error. */
  readonly error: unknown;
}

/** The options of `startReceiving`. */
export interface ReceiveOptions<Command> {
  /**
   * Names the reception. It is part of the idempotency keys of the commands, so it must stay the
   * same for a source of messages, and differ between sources. Letters, digits, `.-_`.
   */
  readonly name: string;
  /** Delivers the messages. The engine opens it, and closes it when the engine closes. */
  readonly transport: Transport;
  /**
   * Maps a message to commands. It must return the same for the same message, because it may be
   * called again. With `undefined` the message is ignored. When it throws `PermanentHandlerError`,
   * the message becomes a dead letter; after any other error it is retried.
   */
  readonly map: (
    message: TransportMessage,
    context: MapContext,
  ) => MapAnswer<Command> | Promise<MapAnswer<Command>>;
  /**
   * Stores messages that cannot be processed: a transport, to which they are published with headers
   * `orderchart-dead-letter-*` that say why, or a function. The message is acked once that has
   * succeeded; a failure is retried.
   */
  readonly deadLetter: Transport | ((letter: DeadLetter) => unknown);
  /** The tenant of the orders, unless `map` names one. Default: the engine's `defaultTenantId`. */
  readonly tenantId?: string | undefined;
  /**
   * Messages in flight at most, from 1 to 100,000; of a key always one at a time. When many of them
   * wait for their next attempt, some are returned to the transport until then, so that others
   * arrive. Default: 256.
   */
  readonly maximumInFlight?: number | undefined;
  /** The delays before retries. Default: from 100 ms up to 10 seconds. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /**
   * How long an attempt at a message may take, including `map`, `onRejected` and `deadLetter`, in
   * milliseconds, at most one day. A longer one has failed, and is not repeated before the pending
   * call has ended. Default: 30,000.
   */
  readonly attemptTimeoutMs?: number | undefined;
  /** Bytes of a body at most, up to 1 GiB; larger messages become dead letters. Default: 1,048,576. */
  readonly maximumBodyBytes?: number | undefined;
  /**
   * How long a report waits for its order to be placed before it becomes a dead letter, in
   * milliseconds, at most one day. Later messages of its key wait with it. Default: 60,000.
   */
  readonly orderWaitMs?: number | undefined;
  /**
   * Called for every command that the rules refused, before the message is acked: for example to
   * answer the sender. When it fails, it is called again, but the command is not executed again.
   */
  readonly onRejected?: ((rejected: Rejected, message: TransportMessage) => unknown) | undefined;
}

const optionsSchema = z.strictObject({
  name: subscriptionNameSchema,
  transport: having<Transport>('a Transport that consumes', 'open', 'publish', 'consume', 'close'),
  map: callable<ReceiveOptions<never>['map']>(),
  deadLetter: z.union([transportSchema, callable<(letter: DeadLetter) => unknown>()], {
    error: 'must be a Transport or a function',
  }),
  tenantId: idSchema.optional(),
  maximumInFlight: z.int().min(1).max(100_000).default(256),
  retry: retrySchema(100, 10_000),
  attemptTimeoutMs: z.int().min(1).max(86_400_000).default(30_000),
  maximumBodyBytes: z.int().min(1).max(1_073_741_824).default(1_048_576),
  orderWaitMs: z.int().min(0).max(86_400_000).default(60_000),
  onRejected: callable<NonNullable<ReceiveOptions<never>['onRejected']>>().optional(),
});

/** The checked options, with their defaults. */
export type ReceiveSettings = Settings<typeof optionsSchema>;

/** Checks the options of `startReceiving` and fills in the defaults. */
export function receiveSettings(options: unknown): ReceiveSettings {
  const checked = checkArgument(optionsSchema, options, 'options of startReceiving');
  return { ...checked, tenantId: checked.tenantId, onRejected: checked.onRejected };
}
