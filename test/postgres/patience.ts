import type { PostgresStoreOptions } from '../../src/store/postgres/index.ts';

/**
 * For every store of a test that is not about time limits: how fast the machine is decides nothing.
 * What waits for longer than this hangs, and the test ends by its own limit.
 */
export const patience = {
  answerTimeoutMs: 600_000,
  statementTimeoutMs: 600_000,
} as const satisfies Partial<PostgresStoreOptions>;
