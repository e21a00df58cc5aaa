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

/** What `map` is told besides the message. */
export interface MapContext {
  /** 1 the first time this engine maps the delivery. */
  readonly attempt: number;
  /** Aborted when the reception ends or the attempt takes too long; the message is mapped again. */
  readonly signal: AbortSignal;
}

/** Commands with what is said about them. */
export interface MappedCommands<Command> {
  readonly commands: AsWritten<Command> | readonly AsWritten<Command>[];
  /** Whose order it is; the option `tenantId` when left out. */
  readonly tenantId?: string | undefined;
  /** Who asks. Goes into the events. */
  readonly actor?: Actor | undefined;
  /** What it belongs to. Goes into the events. */
  readonly correlationId?: string | undefined;
}

/** What a message means: commands, in turn, or nothing. */
export type MapAnswer<Command> =
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing returns void
  void | undefined | AsWritten<Command> | readonly AsWritten<Command>[] | MappedCommands<Command>;

/** A message that cannot be understood, and why. */
export interface DeadLetter {
  /** As it came in. */
  readonly message: TransportMessage;
  /** The reception that gave it up. */
  readonly reception: string;
  /** For programs: the code of the error, `orderNotFound`, or `refusedByMap`. */
  readonly reason: string;
  /** For people, without anything of the body. */
  readonly detail: string;
  readonly error: unknown;
}

/** See `startReceiving`. */
export interface ReceiveOptions<Command> {
  /**
   * Names the reception. It is part of the keys that make commands run once, so it must stay the
   * same for one source of messages, and differ between sources. Letters, digits, `.-_`.
   */
  readonly name: string;
  /** Where from. The engine opens it, and closes it when it closes itself. */
  readonly transport: Transport;
  /**
   * Says what a message means. For the same message it must answer the same: it may be asked
   * again. `undefined`: the message is not for us. `PermanentHandlerError`: nobody can understand
   * it, so it is a dead letter. Any other error is taken to pass, and it is asked again.
   */
  readonly map: (
    message: TransportMessage,
    context: MapContext,
  ) => MapAnswer<Command> | Promise<MapAnswer<Command>>;
  /**
   * Keeps what cannot be understood: a transport, to which it is published with headers
   * `orderchart-dead-letter-*` that say why, or a function. The message is acked once that has
   * succeeded; until then it is tried again.
   */
  readonly deadLetter: Transport | ((letter: DeadLetter) => unknown);
  /** Whose orders they are, unless `map` says so; the engine's `defaultTenantId` when left out. */
  readonly tenantId?: string | undefined;
  /**
   * Messages in hand at most; 256 when left out. Of one key always one. When many of them fail for
   * now, some are given back to the transport until their next attempt, so that others come.
   */
  readonly maximumInFlight?: number | undefined;
  /** How long to wait before trying again; from 100 ms up to 10 seconds when left out. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /**
   * How long one attempt at a message may take, with all that `map`, `onRejected` and `deadLetter`
   * do; milliseconds, 30 seconds when left out. One that takes longer has failed, and the function
   * is not called again for this message until its call has ended.
   */
  readonly attemptTimeoutMs?: number | undefined;
  /** Bytes of a body at most; 1,048,576 when left out. Larger messages are dead letters. */
  readonly maximumBodyBytes?: number | undefined;
  /**
   * How long a report waits for its order to be placed before it is a dead letter; milliseconds,
   * 60 seconds when left out. Later messages of its key wait with it.
   */
  readonly orderWaitMs?: number | undefined;
  /**
   * Hears of every command that the rules refused, before the message is acked: to answer the
   * sender, for instance. What it throws is tried again, the command is not.
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

/** The options with nothing left out. */
export type ReceiveSettings = Settings<typeof optionsSchema>;

/** Checks the options of `startReceiving` and fills in the rest. */
export function receiveSettings(options: unknown): ReceiveSettings {
  const checked = checkArgument(optionsSchema, options, 'options of receive');
  return { ...checked, tenantId: checked.tenantId, onRejected: checked.onRejected };
}
