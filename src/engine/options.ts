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
import { createIdGenerator, type IdGenerator } from './kernel/ids.ts';
import { guardedLogger, type Logger, silentLogger } from './kernel/logger.ts';

const day = 86_400_000;

/** A tebibyte: as good as no bound. */
const maximumBytes = 2 ** 40;

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
  /**
   * Whether calls must name a tenant (`required`), so that one that forgets it is refused and not
   * taken for the default tenant's. `optional` by default.
   */
  readonly tenants?: 'optional' | 'required' | undefined;
  /** Orders kept in memory at most, from 0. 10,000 by default. */
  readonly cacheSize?: number | undefined;
  /**
   * How long the JSON of those orders may be together; bytes, 64 MB by default. In memory they take
   * as much where they are long text, and a few times as much where they are many small values.
   */
  readonly cacheBytes?: number | undefined;
  /** Commands that may wait or be under way; more are refused (`overloaded`). 10,000 by default. */
  readonly queueSize?: number | undefined;
  /**
   * How long the JSON of those commands may be together, with the orders and events that they have
   * decided, until these are written; bytes, 128 MB by default. More are refused (`overloaded`).
   */
  readonly queueBytes?: number | undefined;
  /** Commits that travel to the store together at most. 256 by default. */
  readonly batchSize?: number | undefined;
  /**
   * How long the JSON of those commits may be together; bytes, 8 MB by default. A larger one travels
   * alone.
   */
  readonly batchBytes?: number | undefined;
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
  /**
   * How long `close` waits for what is under way: commands, reads, handlers, messages. What has not
   * ended then is given up, and `close` ends within two seconds more. Milliseconds, 8 s by default.
   */
  readonly closeGraceMs?: number | undefined;
  /** Bound on the memory of the learned chart, in questions and answers. 100,000 by default. */
  readonly maximumChartEntries?: number | undefined;
}

const isExtension = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'definition' in value;

/** What rules are compiled from. */
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

/** The options with nothing left out. */
export type EngineSettings = Omit<Settings<typeof schema>, 'store'> & {
  readonly store: OrderStore;
};

/** Checks the options and fills in the rest. */
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
    "createOrderEngine: `defaultTenantId` is of no use with `tenants: 'required'`; leave one of them out.",
    { details: { option: 'defaultTenantId' } },
  );
}
