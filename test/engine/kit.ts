import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createMemoryStore,
  createOrderEngine,
  type EngineOptions,
  type OrderEngine,
  type OrderStore,
} from 'orderchart';
import { createPostgresStore } from 'orderchart/postgres';
import { createSqliteStore } from 'orderchart/sqlite';
import { createMovableClock, createSeededIds, type MovableClock } from 'orderchart/testing';
import { onTestFinished } from 'vitest';
import { delegateStore } from '../../src/testing/delegate.ts';
import { patience } from '../postgres/patience.ts';
import { newSchema, testPool } from '../postgres/server.ts';

export { gate, turns, until } from './turns.ts';

/** What was logged, to be looked at. */
export interface LogEntry {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface TestEngine {
  readonly engine: OrderEngine;
  readonly clock: MovableClock;
  readonly store: OrderStore;
  readonly log: readonly LogEntry[];
}

let seed = 0;

/** Two engines on one store must not make the same ids. */
function nextSeed(): number {
  seed += 1;
  return seed;
}

/** An engine on a clock that stands still, closed when the test ends. */
export async function testEngine(options: EngineOptions<[]> = {}): Promise<TestEngine> {
  const clock = (options.clock as MovableClock | undefined) ?? createMovableClock();
  const store = options.store ?? createStore();
  const log: LogEntry[] = [];
  const note = (level: string) => (message: string, fields: LogEntry['fields']) => {
    log.push({ level, message, fields });
  };
  const engine = await createOrderEngine({
    ids: createSeededIds(nextSeed()),
    logger: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    ...options,
    clock,
    store,
  });
  onTestFinished(() => engine.close());
  return { engine, clock, store, log };
}

/**
 * A new store: in memory, with ORDERCHART_TEST_STORE=sqlite in a file, with
 * ORDERCHART_TEST_STORE=postgres in a schema. The engine's tests pass on all of them.
 */
export function createStore(): OrderStore {
  const kind = process.env['ORDERCHART_TEST_STORE'];
  if (kind === 'postgres') return createStoreInSchema();
  if (kind !== 'sqlite') return createMemoryStore();
  const folder = mkdtempSync(join(tmpdir(), 'orderchart-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return createSqliteStore({ path: join(folder, 'orders.db') });
}

/** It goes by the engine's clock, which the tests move. */
function createStoreInSchema(): OrderStore {
  const schema = newSchema();
  return createPostgresStore({ pool: testPool({ max: 4 }), schema, time: 'engine', ...patience });
}

/** A store that several engines may open and close: a database does not end with one client. */
export function sharedStore(store = createStore()): OrderStore {
  let opening: Promise<void> | undefined;
  onTestFinished(() => store.close());
  return {
    ...delegateStore(store),
    open: () => {
      opening ??= store.open();
      return opening;
    },
    close: async () => {},
  };
}

/** Two units at 10.00 EUR. */
export function place(orderId: string, fields: object = {}) {
  return {
    type: 'order.place',
    orderId,
    currency: 'EUR',
    lines: [{ id: 'line-1', quantity: 2, unitPrice: 1000 }],
    ...fields,
  } as const;
}

/** The provider says that money arrived. */
export function captured(orderId: string, reportId = 'report-1', amount = 2000) {
  return {
    type: 'payment.report',
    outcome: 'captured',
    sale: true,
    orderId,
    paymentId: 'payment-1',
    objectId: `object-${reportId}`,
    amount,
    currency: 'EUR',
    source: 'provider',
    reportId,
  } as const;
}

export function annotate(orderId: string, note: string) {
  return { type: 'order.annotate', orderId, metadata: { note } } as const;
}

/** Collects an async iterable. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** Everything that a store holds for a tenant, to be compared before and after. */
export async function contentsOf(store: OrderStore, tenantId = 'default'): Promise<unknown> {
  const { records } = await store.list({ tenantId, limit: 1000 });
  const partitions = Array.from({ length: store.features.partitions }, (_, index) => index);
  const feed = await Promise.all(partitions.map((one) => store.feed(one, 0, 1_000_000)));
  return structuredClone({ records, feed });
}
