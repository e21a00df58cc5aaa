import { z } from 'zod';
import type { Actor } from '../../order/envelope.ts';
import { idSchema } from '../../order/schemas.ts';
import { isTraceparent, isTracestate } from '../../trace-context.ts';
import { checkArgument } from './arguments.ts';
import { internalScopes } from './scopes.ts';

/** What a caller says about a command besides the command itself. */
export interface ExecuteContext {
  /** Whose order it is; the option `defaultTenantId` when left out. */
  readonly tenantId?: string | undefined;
  /**
   * Makes the command run once, however often it is sent: a repeat gets the stored outcome. At
   * most 256 characters.
   */
  readonly idempotencyKey?: string | undefined;
  /** Keeps the keys of different callers apart; `default` when left out. */
  readonly scope?: string | undefined;
  /** Refuses (`versionMismatch`) unless the order is at this version; 0 for one that is not yet. */
  readonly expectedVersion?: number | undefined;
  /** Who asks. Goes into the events. */
  readonly actor?: Actor | undefined;
  /** What it belongs to. Goes into the events. */
  readonly correlationId?: string | undefined;
  /** What caused it. Goes into the events. */
  readonly causationId?: string | undefined;
  /**
   * The trace it belongs to (W3C Trace Context). Goes into the events, and from there into the
   * messages that publish them and the commands that handlers return.
   */
  readonly trace?:
    | { readonly traceparent: string; readonly tracestate?: string | undefined }
    | undefined;
  /**
   * A transaction of the host's to execute it in: the order, its events and the answer are written
   * with the host's own rows, all or nothing, when the host commits. For PostgreSQL the client on
   * which the host has said BEGIN. Needs a store whose `features.transactions` is true.
   *
   * The result tells what was decided and written there. It holds once the host has committed:
   * only then subscriptions hear of it, and listeners (`on`) never do.
   */
  readonly transaction?: unknown;
  /** Ends the wait (`aborted`). What is on its way to the store is not called back. */
  readonly signal?: AbortSignal | undefined;
}

/** Printable and well-formed; longer than an id, because keys are often made of several. */
const keySchema = z
  .string()
  .min(1)
  .max(256)
  .refine((key) => key.isWellFormed() && !/\p{Cc}/u.test(key), {
    message: 'must be well-formed text without control characters',
  });

/** A version, or none yet. -0 is equal to 0 and yet another value, so it is told as the slip it is. */
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
    .refine((scope) => !internalScopes.has(scope), { message: 'is reserved for the engine itself' })
    .optional(),
  expectedVersion: versionSchema.optional(),
  actor: z.strictObject({ kind: idSchema, id: idSchema }).optional(),
  correlationId: idSchema.optional(),
  causationId: idSchema.optional(),
  trace: traceSchema.optional(),
  transaction: z.unknown().optional(),
  signal: signalSchema.optional(),
});

const nothing: ExecuteContext = {};

/** Checks the second argument of `execute`. */
export function checkContext(context: unknown): ExecuteContext {
  if (context === undefined) return nothing;
  return checkArgument(contextSchema, context, 'context');
}
