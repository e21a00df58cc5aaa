import { z } from 'zod';
import { OrderchartError } from '../errors.ts';
import { callable, type OptionSchemas, type Settings } from '../options.ts';
import type { Extension } from '../order/extension.ts';
import { type PolicyChanges, policySchema } from '../order/policy.ts';
import { idSchema } from '../order/schemas.ts';
import type { OrderStore } from '../store/store.ts';
import type { OrderNumbers } from './commands/numbering.ts';
import { checkArgument, having } from './contract/arguments.ts';
import { type Clock, systemClock } from './kernel/clock.ts';
import type { HistoryWatch } from './kernel/history-watch.ts';
import { createIdGenerator, type IdGenerator } from './kernel/ids.ts';
import { guardedLogger, type Logger, silentLogger } from './kernel/logger.ts';
import type { StoreClock } from './kernel/store-clock.ts';

const day = 86_400_000;

/** A tebibyte: no limit in practice. */
const maximumBytes = 2 ** 40;

/**
 * The options of `createOrderEngine`. All may be left out. A wrong value, or an unknown option,
 * fails with `invalidArgument`.
 *
 * @example
 * const engine = await createOrderEngine({
 *   store: createSqliteStore({ path: 'orders.db' }),
 *   policy: { confirmWhen: 'paid' },
 * });
 */
export interface EngineOptions<Extensions extends readonly Extension[] = readonly Extension[]> {
  /** Stores the orders. The engine opens and closes it. Default: in memory, lost with the process. */
  readonly store?: OrderStore | undefined;
  /** Extend the lifecycle, see `defineExtension`. Default: none. */
  readonly extensions?: Extensions | undefined;
  /** The host's changes to `defaultPolicy`; each order keeps the policy that it was placed with. */
  readonly policy?: PolicyChanges | undefined;
  /** The source of time. Default: the system's clock. */
  readonly clock?: Clock | undefined;
  /** The source of new ids. Default: random UUIDv7. */
  readonly ids?: IdGenerator | undefined;
  /** Numbers orders that are placed without a number. Default: they have none. */
  readonly numbers?: OrderNumbers | undefined;
  /** Spreads retries: returns a number from 0 (inclusive) to 1 (exclusive). Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Takes the log messages. Default: they are dropped. */
  readonly logger?: Logger | undefined;
  /** The tenant of calls that name none. Default: `default`. */
  readonly defaultTenantId?: string | undefined;
  /**
   * Whether calls must name their tenant. With `required`, a call that does not fails with
   * `invalidArgument` instead of acting for the default tenant. Default: `optional`.
   */
  readonly tenants?: 'optional' | 'required' | undefined;
  /** Orders in the cache at most, from 0 to 100,000,000. Default: 10,000. */
  readonly cacheSize?: number | undefined;
  /**
   * The JSON of those orders at most, in bytes. Long text takes about as much memory, and many small
   * values take a few times as much. Default: 64,000,000.
   */
  readonly cacheBytes?: number | undefined;
  /**
   * Commands that may be waiting or in progress, from 1 to 10,000,000; more fail with `overloaded`.
   * Default: 10,000.
   */
  readonly queueSize?: number | undefined;
  /**
   * The JSON of those commands at most, and of their decided commits until they are written, in
   * bytes; more fail with `overloaded`. A larger command runs alone. Default: 128,000,000.
   */
  readonly queueBytes?: number | undefined;
  /** Commits in one batch at most, from 1 to 10,000. Default: 256. */
  readonly batchSize?: number | undefined;
  /** The JSON of those commits at most, in bytes; a larger commit is sent alone. Default: 8,000,000. */
  readonly batchBytes?: number | undefined;
  /**
   * How long the answers to idempotency keys are kept before `purge` removes them, in milliseconds,
   * at most 4,000 days. Default: 7 days, which is longer than webhooks are repeated.
   */
  readonly commandRetentionMs?: number | undefined;
  /** Whether this engine fires deadlines. Default: true. */
  readonly timers?: boolean | undefined;
  /**
   * How often a command is decided, from 1 to 1,000, while others keep changing its order; then it
   * fails with `contention`. Default: 8.
   */
  readonly maximumAttempts?: number | undefined;
  /**
   * How long a command waits for a host transaction that has locked its order, in milliseconds, at
   * most one day; then it fails with `contention`. Default: 5,000.
   */
  readonly lockWaitMs?: number | undefined;
  /**
   * How long a partition of a subscription stays leased to an engine that no longer answers, in
   * milliseconds, from 1,000 to 4,000 days. A lease is renewed after a third of it. Default: 15,000.
   */
  readonly leaseDurationMs?: number | undefined;
  /**
   * How long `close` waits for commands, reads, handlers and messages in progress, in milliseconds,
   * at most one day. It then gives them up, and ends within two seconds more. Default: 8,000.
   */
  readonly closeGraceMs?: number | undefined;
  /**
   * Entries in the memory of the learned chart at most, from 100 to 100,000,000. Default: 100,000.
   */
  readonly maximumChartEntries?: number | undefined;
}

const isExtension = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'definition' in value;

/** The options that the rules are compiled from. */
export const rulesSchemas = {
  extensions: z
    .array(z.custom<Extension>(isExtension, 'must be made by defineExtension'))
    .readonly()
    .default([]),
  policy: policySchema.partial().default({}),
  maximumChartEntries: z.int().min(100).max(100_000_000).default(100_000),
};

const schema = z.strictObject({
  store: having<OrderStore>('an OrderStore', 'open', 'close', 'load', 'commit', 'feed').optional(),
  ...rulesSchemas,
  clock: having<Clock>('a Clock', 'now', 'schedule').default(() => systemClock),
  numbers: having<OrderNumbers>('an OrderNumbers', 'next').optional(),
  ids: having<IdGenerator>('an IdGenerator', 'newId').default(() => createIdGenerator()),
  random: callable<() => number>().default(() => Math.random),
  logger: having<Logger>('a Logger', 'debug', 'info', 'warn', 'error')
    .default(() => silentLogger)
    .transform(guardedLogger),
  defaultTenantId: idSchema.default('default'),
  tenants: z.enum(['optional', 'required']).default('optional'),
  cacheSize: z.int().min(0).max(100_000_000).default(10_000),
  cacheBytes: z.int().min(0).max(maximumBytes).default(64_000_000),
  queueSize: z.int().min(1).max(10_000_000).default(10_000),
  queueBytes: z.int().min(1).max(maximumBytes).default(128_000_000),
  batchSize: z.int().min(1).max(10_000).default(256),
  batchBytes: z.int().min(1).max(maximumBytes).default(8_000_000),
  commandRetentionMs: z
    .int()
    .min(0)
    .max(4000 * day)
    .default(7 * day),
  timers: z.boolean().default(true),
  maximumAttempts: z.int().min(1).max(1000).default(8),
  lockWaitMs: z.int().min(0).max(day).default(5000),
  leaseDurationMs: z
    .int()
    .min(1000)
    .max(4000 * day)
    .default(15_000),
  closeGraceMs: z.int().min(0).max(day).default(8000),
} satisfies OptionSchemas<EngineOptions>);

/** The checked options, with their defaults. */
export type EngineSettings = Omit<Settings<typeof schema>, 'store'> & {
  readonly store: OrderStore;
};

/** The settings of a started engine. */
export interface RunningSettings extends EngineSettings {
  /** The option `clock`, while `clock` is the same one corrected to the store's. */
  readonly hostClock: Clock;
  /** Corrects the clock, when the store has one. */
  readonly storeClock: StoreClock | undefined;
  readonly history: HistoryWatch;
}

/** Checks the options and fills in the defaults. */
export function settingsFrom(
  options: unknown = {},
  defaultStore: () => OrderStore,
): EngineSettings {
  const given = checkArgument(schema, options, 'options of createOrderEngine');
  const { defaultTenantId } = options as EngineOptions;
  if (given.tenants === 'required' && defaultTenantId !== undefined) throw uselessDefault();
  return { ...given, numbers: given.numbers, store: given.store ?? defaultStore() };
}

function uselessDefault(): OrderchartError {
  return new OrderchartError(
    'invalidArgument',
    "createOrderEngine: `defaultTenantId` has no effect with `tenants: 'required'`; leave out one of them.",
    { details: { option: 'defaultTenantId' } },
  );
}
