import { z } from 'zod';
import { timestampSchema } from '../../order/schemas.ts';
import type { Timestamp } from '../../order/values.ts';
import { checkArgument } from '../arguments.ts';
import type { AsWritten } from '../as-written.ts';
import { isSelector, type SelectedEvent } from '../event-types.ts';
import type { RetryPolicy } from './backoff.ts';

/** What a handler is told besides the event. */
export interface HandlerContext {
  /** 1 for the first attempt at this event since it was read. */
  readonly attempt: number;
  /** Aborted when this process may no longer handle the event; another one will. */
  readonly signal: AbortSignal;
  readonly tenantId: string;
}

/** Commands to execute because of an event: none, one, or several in turn. */
export type HandlerAnswer<Command> =
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing returns void
  void | undefined | AsWritten<Command> | readonly AsWritten<Command>[];

/** See `subscribe`. */
export interface SubscribeOptions<Command, Events, Selector> {
  /** Names the place in the feed: the same name goes on where it stopped. Letters, digits, `.-_`. */
  readonly name: string;
  /**
   * Where a new subscription begins: with the first event (the default), with what comes from
   * now on, or with the first event recorded at a time. Means nothing once there is a place.
   */
  readonly from?: 'beginning' | 'now' | { readonly time: Timestamp } | undefined;
  /** Event types or families; all when left out. */
  readonly types?: readonly Selector[] | undefined;
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
  /** Where a new projection begins, as for `subscribe`. */
  readonly from?: 'beginning' | 'now' | { readonly time: Timestamp } | undefined;
  /** Event types or families; all when left out. */
  readonly types?: readonly Selector[] | undefined;
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
  readonly from: 'beginning' | 'now' | { readonly time: Timestamp };
  readonly types: readonly string[] | undefined;
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

/** The options of `subscribe`. */
export const subscribeSchema = z.strictObject({
  name: subscriptionNameSchema,
  from: z
    .union([z.enum(['beginning', 'now']), z.strictObject({ time: timestampSchema })])
    .default('beginning'),
  types: z
    .array(z.custom<string>(isSelector, { message: 'must be an event type or a family' }))
    .min(1)
    .optional(),
  concurrency: z.int().min(1).max(10_000).default(16),
  retry: retrySchema(100, 60_000),
  handler: z.custom<SubscriptionSettings['handler']>((value) => typeof value === 'function', {
    message: 'must be a function',
  }),
});

/** Checks the options of `subscribe` and fills in the rest. */
export function subscriptionSettings(options: unknown): SubscriptionSettings {
  const checked = checkArgument(subscribeSchema, options, 'options of subscribe');
  return { ...checked, types: checked.types };
}

/** The options of a projection with nothing left out. */
export interface ProjectionSettings extends SubscriptionSettings {
  readonly batchSize: number;
}

const projectSchema = subscribeSchema.extend({
  batchSize: z.int().min(1).max(10_000).default(256),
  concurrency: z.int().min(1).max(1000).default(2),
});

/** Checks the options of `project` and fills in the rest. */
export function projectionSettings(options: unknown): ProjectionSettings {
  const checked = checkArgument(projectSchema, options, 'options of project');
  return { ...checked, types: checked.types };
}
