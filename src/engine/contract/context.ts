import { z } from 'zod';
import type { Actor, TraceContext } from '../../order/envelope.ts';
import { idSchema } from '../../order/schemas.ts';
import { isTraceparent, isTracestate } from '../../trace-context.ts';
import { checkArgument } from './arguments.ts';

/** Scope of the keys under which deadlines fire. */
export const timerScope = 'timer';

/** Scope of the keys of commands that handlers return. */
export const subscriptionScope = 'subscription';

/** Scope of the keys of commands that came in messages. */
export const receiveScope = 'receive';

/** Callers may not use these: they could keep a deadline from firing by using up its key. */
const internalScopes: ReadonlySet<string> = new Set([timerScope, subscriptionScope, receiveScope]);

/**
 * The circumstances of a command: the second argument of `execute`.
 *
 * @example
 * await engine.execute(
 *   { type: 'order.cancel', orderId, reason: 'changed-mind' },
 *   { idempotencyKey: 'cancel-17', actor: { kind: 'customer', id: 'customer-4' } },
 * );
 */
export interface ExecuteContext {
  /** The tenant of the order. Default: the option `defaultTenantId`. */
  readonly tenantId?: string | undefined;
  /**
   * Makes the command run once, however often it is sent: a repeat gets the stored outcome, and
   * another command with the same key fails with `idempotencyMismatch`. 1 to 256 characters.
   */
  readonly idempotencyKey?: string | undefined;
  /** Separates the idempotency keys of different callers. Default: `default`. */
  readonly scope?: string | undefined;
  /**
   * The version that the order must be at, 0 for an order that does not exist yet; otherwise
   * `execute` fails with `versionMismatch`.
   */
  readonly expectedVersion?: number | undefined;
  /** Who sent the command. Recorded in the events. */
  readonly actor?: Actor | undefined;
  /** The id of the process that it is part of. Recorded in the events. */
  readonly correlationId?: string | undefined;
  /** The id of the message or request that caused it. Recorded in the events. */
  readonly causationId?: string | undefined;
  /**
   * The trace that it is part of (W3C Trace Context). Recorded in the events, and passed on from
   * there to the messages that publish them and the commands that handlers return.
   */
  readonly trace?:
    | { readonly traceparent: string; readonly tracestate?: string | undefined }
    | undefined;
  /**
   * The host transaction to execute it in: the order, its events and the answer are written together
   * with the host's own rows when the host commits, or not at all. For PostgreSQL it is the client
   * that executed `BEGIN`. Needs a store whose `features.transactions` is true.
   *
   * The result describes the writes in the transaction, and is valid once the host has committed.
   * Subscriptions see the events after that; listeners (`on`) never do.
   */
  readonly transaction?: unknown;
  /** Ends the wait with `aborted`. A command that is being written cannot be aborted any more. */
  readonly signal?: AbortSignal | undefined;
}

/** Longer than an id, because keys are often composed of several. */
const keySchema = z
  .string()
  .min(1)
  .max(256)
  .refine((key) => key.isWellFormed() && !/\p{Cc}/u.test(key), {
    message: 'must be well-formed text without control characters',
  });

/** A version, 0 before the first event. -0 equals 0 but is another value, so it must be a mistake. */
export const versionSchema = z
  .int()
  .min(0)
  .refine((version) => !Object.is(version, -0), { message: 'must not be -0' });

export const signalSchema = z.custom<AbortSignal>((value) => value instanceof AbortSignal, {
  message: 'must be an AbortSignal',
});

const traceSchema = z.strictObject({
  traceparent: z.string().refine(isTraceparent, {
    message: 'must be a traceparent of W3C Trace Context: 00-<trace id>-<parent id>-<flags>',
  }),
  tracestate: z
    .string()
    .refine(isTracestate, {
      message: 'must be a tracestate of W3C Trace Context, at most 512 characters',
    })
    .optional(),
});

const contextSchema = z.strictObject({
  tenantId: idSchema.optional(),
  idempotencyKey: keySchema.optional(),
  scope: idSchema
    .refine((scope) => !internalScopes.has(scope), { message: 'is reserved for the engine' })
    .optional(),
  expectedVersion: versionSchema.optional(),
  actor: z.strictObject({ kind: idSchema, id: idSchema }).optional(),
  correlationId: idSchema.optional(),
  causationId: idSchema.optional(),
  trace: traceSchema.optional(),
  transaction: z.unknown().optional(),
  signal: signalSchema.optional(),
});

/** The origin of a command that came in a message. */
export interface MessageOrigin {
  /** The idempotency key. */
  readonly key: string;
  readonly causationId: string;
  readonly trace: TraceContext | null;
  /** As returned by the host's `map`, not checked yet. */
  readonly tenantId?: string | undefined;
  readonly actor?: Actor | undefined;
  readonly correlationId?: string | undefined;
}

const nothing: ExecuteContext = {};

/** Checks the second argument of `execute`. */
export function checkContext(context: unknown): ExecuteContext {
  if (context === undefined) return nothing;
  return checkArgument(contextSchema, context, 'context');
}
