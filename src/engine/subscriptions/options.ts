import { z } from 'zod';
import { callable } from '../../options.ts';
import { timestampSchema } from '../../order/schemas.ts';
import type { Timestamp } from '../../order/values.ts';
import { checkArgument } from '../contract/arguments.ts';
import type { AsWritten } from '../contract/as-written.ts';
import { isSelector, type SelectedEvent } from '../contract/event-types.ts';
import type { RetryPolicy } from '../kernel/backoff.ts';

/** The second argument of a handler. */
export interface HandlerContext {
  /** 1 for the first attempt at this event since it was read; a restart counts from 1 again. */
  readonly attempt: number;
  /** Aborted when this process may no longer handle the event, which is then handled again. */
  readonly signal: AbortSignal;
  /** The tenant of the event. */
  readonly tenantId: string;
  /**
   * The number of the store's history that the event was read in; 0 for stores without histories. It
   * grows when a database was set back, after which new events reuse the versions of lost ones. So
   * a handler that keeps the latest version of an order elsewhere must compare (history, version).
   */
  readonly history: number;
}

/** Commands to execute because of an event: none, one, or several, which are executed in order. */
export type HandlerAnswer<Command> =
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing returns void
  void | undefined | AsWritten<Command> | readonly AsWritten<Command>[];

/**
 * Where a new subscription begins: with the first event of the feed, with the next one that is
 * recorded, or with the first one recorded at or after a time, in milliseconds since 1970.
 */
export type SubscriptionStart = 'beginning' | 'now' | { readonly time: Timestamp };

/** What to do with a subscription that was last run with other `types`. */
export interface SubscriptionUpgrade {
  /** The `types` it was last run with, or `all`. If they differ, it does not start. */
  readonly fromTypes: readonly string[] | 'all';
  /**
   * Which past events are handled again, with the new `types`: none (skipped events stay skipped),
   * all, or those recorded at or after a time, in milliseconds since 1970.
   */
  readonly replay: 'nothing' | 'beginning' | { readonly time: Timestamp };
}

/**
 * The options of `engine.subscribe`. Invalid ones are refused with `invalidArgument`, and other
 * `types` than before, without a matching `upgrade`, with `subscriptionChanged`.
 *
 * @example
 * await engine.subscribe({
 *   name: 'mailer',
 *   from: 'now',
 *   types: ['order.placed'],
 *   concurrency: 4,
 *   handler: async ({ orderId, id }, { signal }) => {
 *     await sendConfirmation(orderId, { messageId: id, signal });
 *   },
 * });
 */
export interface SubscribeOptions<Command, Events, Selector> {
  /**
   * Identifies the subscription in the store: with the same name it continues where it stopped. 1
   * to 64 letters, digits, `.`, `-` or `_`, starting with a letter or digit.
   */
  readonly name: string;
  /**
   * Where a new subscription begins. There is no default: a mailer that began at the beginning
   * would write to every past customer. Ignored once the subscription has a checkpoint.
   */
  readonly from: SubscriptionStart;
  /** Event types or families (`payment.*`); by default all. Stored: see `upgrade`. */
  readonly types?: readonly Selector[] | undefined;
  /**
   * Allows the subscription to continue with other `types` than it was last run with. Processes
   * that run it with the old ones close it. It has no effect once that is done.
   */
  readonly upgrade?: SubscriptionUpgrade | undefined;
  /**
   * The most orders handled at the same time, 1 to 10,000; by default 16. Events of one order are
   * handled one at a time.
   */
  readonly concurrency?: number | undefined;
  /** The waits between attempts; by default from 100 ms up to 60 s. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /**
   * Handles one event. It may get an event twice, for example after a crash, so it must be
   * idempotent. Commands that it returns are executed once, with the idempotency key
   * `<subscription>/<event id>/<index>`. If it throws, the event is tried again; if it throws
   * `PermanentHandlerError`, the event is parked.
   */
  readonly handler: (
    event: SelectedEvent<Events, Selector>,
    context: HandlerContext,
  ) => HandlerAnswer<Command> | Promise<HandlerAnswer<Command>>;
}

/** The second argument of the handler of a projection. */
export interface ProjectionContext<Transaction = unknown> extends HandlerContext {
  /**
   * The transaction that the checkpoint is written in; for PostgreSQL the client. The handler's
   * writes in it are committed exactly when the event counts as handled.
   */
  readonly transaction: Transaction;
}

/**
 * The options of `engine.project`, checked like {@link SubscribeOptions}. `Transaction` is the type
 * that the host's store passes as `context.transaction`.
 *
 * @example
 * await engine.project({
 *   name: 'revenue-1',
 *   types: ['payment.captured'],
 *   handler: async ({ data }, { transaction }: ProjectionContext<PoolClient>) => {
 *     await transaction.query('UPDATE revenue SET total = total + $1', [data.amount]);
 *   },
 * });
 */
export interface ProjectOptions<Events, Selector, Transaction = unknown> {
  /** Identifies the read model's place in the feed; use a new name for a new read model. */
  readonly name: string;
  /** Where a new projection begins; by default at the beginning. */
  readonly from?: SubscriptionStart | undefined;
  /** Event types or families (`payment.*`); by default all. Stored: see `upgrade`. */
  readonly types?: readonly Selector[] | undefined;
  /** As for `subscribe`. */
  readonly upgrade?: SubscriptionUpgrade | undefined;
  /** The most events in one transaction, 1 to 10,000; by default 256. */
  readonly batchSize?: number | undefined;
  /**
   * The most transactions at the same time, 1 to 1,000, each for its own partition; by default 2.
   * Each takes a connection.
   */
  readonly concurrency?: number | undefined;
  /** The waits between attempts; by default from 100 ms up to 60 s. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /**
   * Applies one event to the read model, through `context.transaction` only: the transaction may be
   * rolled back, and then the event is delivered again. Events come one at a time, in the order of
   * their partition.
   */
  readonly handler: (
    event: SelectedEvent<Events, Selector>,
    context: ProjectionContext<Transaction>,
  ) => void | Promise<void>;
}

/** The checked options with their defaults, without the types that only the host needs. */
export interface SubscriptionSettings {
  readonly name: string;
  readonly from: SubscriptionStart;
  readonly types: readonly string[] | undefined;
  readonly upgrade: SubscriptionUpgrade | undefined;
  readonly concurrency: number;
  readonly retry: RetryPolicy;
  readonly handler: (event: never, context: HandlerContext) => unknown;
}

const delaySchema = z.int().min(1).max(86_400_000);

/** Part of the idempotency keys of returned commands, so without `/`. */
export const subscriptionNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'must be 1 to 64 letters, digits, . - or _');

/** The schema of a retry policy with these defaults. */
export function retrySchema(initialDelayMs: number, maximumDelayMs: number) {
  return z
    .strictObject({
      initialDelayMs: delaySchema.default(initialDelayMs),
      maximumDelayMs: delaySchema.default(maximumDelayMs),
    })
    .prefault({});
}

const fromSchema = z.union(
  [z.enum(['beginning', 'now']), z.strictObject({ time: timestampSchema })],
  {
    error:
      "must be 'beginning' (all events, including past ones), 'now' (events recorded from now on) " +
      'or { time: <milliseconds since 1970> }',
  },
);

const typesSchema = z
  .array(z.custom<string>(isSelector, { message: 'must be an event type or a family' }))
  .min(1)
  .max(1000);

/** The options of `subscribe`. */
export const subscribeSchema = z.strictObject({
  name: subscriptionNameSchema,
  from: fromSchema,
  types: typesSchema.optional(),
  upgrade: z
    .strictObject({
      fromTypes: z.union([z.literal('all'), typesSchema]),
      replay: z.union([
        z.enum(['nothing', 'beginning']),
        z.strictObject({ time: timestampSchema }),
      ]),
    })
    .optional(),
  concurrency: z.int().min(1).max(10_000).default(16),
  retry: retrySchema(100, 60_000),
  handler: callable<SubscriptionSettings['handler']>(),
});

/** Checks the options of `subscribe` and adds the defaults. */
export function subscriptionSettings(options: unknown): SubscriptionSettings {
  const checked = checkArgument(subscribeSchema, options, 'options of subscribe');
  return { ...checked, types: checked.types, upgrade: checked.upgrade };
}

/** The checked options of a projection with their defaults. */
export interface ProjectionSettings extends SubscriptionSettings {
  readonly batchSize: number;
}

const projectSchema = subscribeSchema.extend({
  // Without the past, a read model would be wrong for every order that was placed before.
  from: fromSchema.default('beginning'),
  batchSize: z.int().min(1).max(10_000).default(256),
  concurrency: z.int().min(1).max(1000).default(2),
});

/** Checks the options of `project` and adds the defaults. */
export function projectionSettings(options: unknown): ProjectionSettings {
  const checked = checkArgument(projectSchema, options, 'options of project');
  return { ...checked, types: checked.types, upgrade: checked.upgrade };
}
