import { z } from 'zod';
import type { Extension } from '../order/extension.ts';
import { type PolicyChanges, policySchema } from '../order/policy.ts';
import { idSchema } from '../order/schemas.ts';
import type { OrderStore } from '../store/store.ts';
import { checkArgument, having } from './arguments.ts';
import { type Clock, systemClock } from './clock.ts';
import type { OrderNumbers } from './commands/numbering.ts';
import { createIdGenerator, type IdGenerator } from './ids.ts';
import { guardedLogger, type Logger, silentLogger } from './logger.ts';

const day = 86_400_000;

/** How an engine is set up. All of it may be left out. */
export interface EngineOptions<Extensions extends readonly Extension[] = readonly Extension[]> {
  /** Where orders are kept. In memory by default: nothing survives the process. */
  readonly store?: OrderStore | undefined;
  /** What the host adds to the lifecycle. */
  readonly extensions?: Extensions | undefined;
  /** The host's rules, where they differ from `defaultPolicy`; frozen into each order when placed. */
  readonly policy?: PolicyChanges | undefined;
  /** Where the time comes from. The system's clock by default. */
  readonly clock?: Clock | undefined;
  /** Where ids come from. UUIDv7 with the system's randomness by default. */
  readonly ids?: IdGenerator | undefined;
  /** Numbers for people, for orders placed without one. None by default. */
  readonly numbers?: OrderNumbers | undefined;
  /** Spreads retries: a number from 0 up to 1, without 1. `Math.random` by default. */
  readonly random?: (() => number) | undefined;
  /** Where the engine says what a host may want to know. Nowhere by default. */
  readonly logger?: Logger | undefined;
  /** The tenant of calls that name none. `default` by default. */
  readonly defaultTenantId?: string | undefined;
  /** Orders kept in memory at most, from 0. 10,000 by default. */
  readonly cacheSize?: number | undefined;
  /** Commands that may wait or be under way; more are refused (`overloaded`). 10,000 by default. */
  readonly queueSize?: number | undefined;
  /** Commits that travel to the store together at most. 256 by default. */
  readonly batchSize?: number | undefined;
  /**
   * How long answers to idempotency keys are kept before `purge` may take them; milliseconds, by
   * default 7 days: longer than any webhook is repeated.
   */
  readonly commandRetentionMs?: number | undefined;
  /** Whether this engine fires deadlines. True by default. */
  readonly timers?: boolean | undefined;
  /** How often a command is decided when others keep changing its order. 8 by default. */
  readonly maximumAttempts?: number | undefined;
  /**
   * How long a command waits for a transaction of the host's that has its order; then it ends in
   * `contention`. Milliseconds, 5 s by default.
   */
  readonly lockWaitMs?: number | undefined;
  /**
   * How long a subscription's place stays with an engine that no longer answers, before another
   * may take it; renewed at a third of it. Milliseconds, 15 s by default.
   */
  readonly leaseDurationMs?: number | undefined;
  /** How long `close` waits for the handlers of subscriptions; milliseconds, 10 s by default. */
  readonly closeGraceMs?: number | undefined;
  /** Bound on the memory of the learned chart, in questions and answers. 100,000 by default. */
  readonly maximumChartEntries?: number | undefined;
}

/** The options with nothing left out. */
export type EngineSettings = {
  readonly [Name in keyof Omit<EngineOptions, 'numbers'>]-?: Exclude<
    EngineOptions[Name],
    undefined
  >;
} & { readonly numbers: OrderNumbers | undefined };

const optionsSchema = z.strictObject({
  store: having<OrderStore>('an OrderStore', 'open', 'close', 'load', 'commit', 'feed').optional(),
  extensions: z
    .array(
      z.custom<Extension>(
        (value) => typeof value === 'object' && value !== null && 'definition' in value,
        { message: 'must be made by defineExtension' },
      ),
    )
    .optional(),
  policy: policySchema.partial().optional(),
  clock: having<Clock>('a Clock', 'now', 'schedule').optional(),
  numbers: having<OrderNumbers>('an OrderNumbers', 'next').optional(),
  ids: having<IdGenerator>('an IdGenerator', 'newId').optional(),
  random: z
    .custom<() => number>((value) => typeof value === 'function', { message: 'must be a function' })
    .optional(),
  logger: having<Logger>('a Logger', 'debug', 'info', 'warn', 'error').optional(),
  defaultTenantId: idSchema.optional(),
  cacheSize: z.int().min(0).max(100_000_000).optional(),
  queueSize: z.int().min(1).max(10_000_000).optional(),
  batchSize: z.int().min(1).max(10_000).optional(),
  commandRetentionMs: z
    .int()
    .min(0)
    .max(4000 * day)
    .optional(),
  timers: z.boolean().optional(),
  maximumAttempts: z.int().min(1).max(1000).optional(),
  lockWaitMs: z.int().min(0).max(day).optional(),
  leaseDurationMs: z
    .int()
    .min(1000)
    .max(4000 * day)
    .optional(),
  closeGraceMs: z.int().min(0).max(day).optional(),
  maximumChartEntries: z.int().min(100).max(100_000_000).optional(),
});

/** Checks the options and fills in the rest. */
export function settingsFrom(options: unknown, defaultStore: () => OrderStore): EngineSettings {
  const given = checkArgument(optionsSchema, options ?? {}, 'options of createOrderEngine');
  return {
    store: given.store ?? defaultStore(),
    extensions: given.extensions ?? [],
    policy: given.policy ?? {},
    clock: given.clock ?? systemClock,
    ids: given.ids ?? createIdGenerator(),
    numbers: given.numbers,
    random: given.random ?? Math.random,
    logger: guardedLogger(given.logger ?? silentLogger),
    defaultTenantId: given.defaultTenantId ?? 'default',
    cacheSize: given.cacheSize ?? 10_000,
    queueSize: given.queueSize ?? 10_000,
    batchSize: given.batchSize ?? 256,
    commandRetentionMs: given.commandRetentionMs ?? 7 * day,
    timers: given.timers ?? true,
    maximumAttempts: given.maximumAttempts ?? 8,
    lockWaitMs: given.lockWaitMs ?? 5000,
    leaseDurationMs: given.leaseDurationMs ?? 15_000,
    closeGraceMs: given.closeGraceMs ?? 10_000,
    maximumChartEntries: given.maximumChartEntries ?? 100_000,
  };
}
