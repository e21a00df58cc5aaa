import { z } from 'zod';
import { callable } from '../../options.ts';
import { timestampSchema } from '../../order/schemas.ts';
import type { Timestamp } from '../../order/values.ts';
import { checkArgument } from '../contract/arguments.ts';
import type { AsWritten } from '../contract/as-written.ts';
import { isSelector, type SelectedEvent } from '../contract/event-types.ts';
import type { RetryPolicy } from '../kernel/backoff.ts';

/** What a handler is told besides the event. */
export interface HandlerContext {
  /** 1 for the first attempt at this event since it was read. */
  readonly attempt: number;
  /** Aborted when this process may no longer handle the event; another one will. */
  readonly signal: AbortSignal;
  readonly tenantId: string;
  /**
   * The number of the store's history that the event was read in; 0 where the store numbers none. It
   * grows when a database was set back, which then gives the versions of lost events to others. So
   * whoever keeps the latest version of an order elsewhere goes by (history, version).
   */
  readonly history: number;
}

/** Commands to execute because of an event: none, one, or several in turn. */
export type HandlerAnswer<Command> =
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing returns void
  void | undefined | AsWritten<Command> | readonly AsWritten<Command>[];

/** Where a new subscription begins. */
export type SubscriptionStart = 'beginning' | 'now' | { readonly time: Timestamp };

/** What to do with a subscription that was last run with other `types`. */
export interface SubscriptionUpgrade {
  /** The `types` it was last run with, or `all`. Any others are refused still. */
  readonly fromTypes: readonly string[] | 'all';
  /**
   * Which events of the past are handled again, by the new `types`: none (what was passed over
   * stays so), all, or those recorded from a time on.
   */
  readonly replay: 'nothing' | 'beginning' | { readonly time: Timestamp };
}

/** See `subscribe`. */
export interface SubscribeOptions<Command, Events, Selector> {
  /** Names the place in the feed: the same name goes on where it stopped. Letters, digits, `.-_`. */
  readonly name: string;
  /**
   * Where a new subscription begins: with the first event there is, with what is recorded from now
   * on, or with the first event recorded at or after a time. Has no default: a mailer that began at
   * the beginning would write to every past customer. Ignored once the subscription has a place.
   */
  readonly from: SubscriptionStart;
  /** Event types or families; all when left out. Kept with the subscription: see `upgrade`. */
  readonly types?: readonly Selector[] | undefined;
  /**
   * Allows the subscription to go on with other `types` than it was last run with. Processes that
   * still run it with the old ones stop doing so. Harmless once that is done.
   */
  readonly upgrade?: SubscriptionUpgrade | undefined;
  /** Orders handled at the same time at most; 16 when left out. Of one order always one event. */
  readonly concurrency?: number | undefined;
  /** How long to wait before trying again, from attempt to attempt. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /**
   * Handles one event. It may be told an event again (after a crash, for instance), so what it
   * does must bear that. Commands that it returns are executed once: their key is
   * `<subscription>/<event id>/<index>`.
   */
  readonly handler: (
    event: SelectedEvent<Events, Selector>,
    context: HandlerContext,
  ) => HandlerAnswer<Command> | Promise<HandlerAnswer<Command>>;
}

/** What the handler of a projection is told besides the event. */
export interface ProjectionContext<Transaction = unknown> extends HandlerContext {
  /**
   * The transaction that the checkpoint is written in: for PostgreSQL the client. What the handler
   * writes with it holds exactly when the event counts as handled.
   */
  readonly transaction: Transaction;
}

/** See `project`. `Transaction` is what the host knows its store to give. */
export interface ProjectOptions<Events, Selector, Transaction = unknown> {
  /** Names the read model's place in the feed; a new name begins a new read model. */
  readonly name: string;
  /** Where a new projection begins, as for `subscribe`; at the beginning when left out. */
  readonly from?: SubscriptionStart | undefined;
  /** Event types or families; all when left out. */
  readonly types?: readonly Selector[] | undefined;
  /** As for `subscribe`. */
  readonly upgrade?: SubscriptionUpgrade | undefined;
  /** Events in one transaction at most; 256 when left out. */
  readonly batchSize?: number | undefined;
  /**
   * Transactions at the same time at most, each for a partition of its own; 2 when left out. Each
   * takes a connection.
   */
  readonly concurrency?: number | undefined;
  /** How long to wait before trying again, from attempt to attempt. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /**
   * Writes what one event means for the read model, in `context.transaction` and nowhere else:
   * the transaction may be rolled back and the event told again. Events come one at a time, in
   * the order of their partition.
   */
  readonly handler: (
    event: SelectedEvent<Events, Selector>,
    context: ProjectionContext<Transaction>,
  ) => void | Promise<void>;
}

/** The options with nothing left out, and without the types that only the host needs. */
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

/** Part of the keys of returned commands, so without `/`. */
export const subscriptionNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'must be 1 to 64 letters, digits, . - or _');

/** How long to wait from attempt to attempt, with the defaults of one kind of work. */
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
      "must be 'beginning' (every event there is, those of the past included), 'now' (what is " +
      'recorded from now on) or { time: <milliseconds since 1970> }',
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

/** Checks the options of `subscribe` and fills in the rest. */
export function subscriptionSettings(options: unknown): SubscriptionSettings {
  const checked = checkArgument(subscribeSchema, options, 'options of subscribe');
  return { ...checked, types: checked.types, upgrade: checked.upgrade };
}

/** The options of a projection with nothing left out. */
export interface ProjectionSettings extends SubscriptionSettings {
  readonly batchSize: number;
}

const projectSchema = subscribeSchema.extend({
  // A read model that lacks the past would be wrong for every order it has not seen placed.
  from: fromSchema.default('beginning'),
  batchSize: z.int().min(1).max(10_000).default(256),
  concurrency: z.int().min(1).max(1000).default(2),
});

/** Checks the options of `project` and fills in the rest. */
export function projectionSettings(options: unknown): ProjectionSettings {
  const checked = checkArgument(projectSchema, options, 'options of project');
  return { ...checked, types: checked.types, upgrade: checked.upgrade };
}
