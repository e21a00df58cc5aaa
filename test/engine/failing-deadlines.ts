import type { Commit, OrderEngine, OrderStore } from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { expect } from 'vitest';
import { all, place, testEngine } from './kit.ts';
import { changed } from './partitioned-store.ts';

export const second = 1000;
export const minute = 60_000;
export const start = 1_767_225_600_000;

/** A policy by which an order that is not paid expires after so long. */
export const due = (ms: number) => ({ policy: { unpaidTimeoutMs: ms } });

/** When the order expired, by its own history. */
export async function expiredAt(engine: OrderEngine, orderId: string): Promise<number | undefined> {
  const events = await all(engine.history(orderId));
  return events.find(({ type }) => type === 'order.expired')?.recordedAt;
}

/** Counts what an engine does with a store: pages of what is due, and orders asked for. */
export function counted(inner: OrderStore) {
  const counts = { pages: 0, loaded: 0 };
  const store = changed(inner, {
    due: (...query) => {
      counts.pages += 1;
      return inner.due(...query);
    },
    load: (keys) => {
      counts.loaded += keys.length;
      return inner.load(keys);
    },
  });
  return { store, counts };
}

/**
 * Orders fire at their moment while so many others cannot be fired, and those are tried less and
 * less often, with few lines in the log.
 *
 * @param opened A store that is open and empty.
 */
export async function expectNoStarvation(opened: OrderStore, count: number): Promise<void> {
  const { store, counts } = counted(opened);
  await fillWithFailing(store, count, start + second);
  const { engine, clock, log } = await testEngine({ store, clock: createMovableClock(start) });
  const pass = (ms: number) => clock.runTo(clock.now() + ms, () => engine.idle());
  await engine.execute(place('with-them', due(second)));
  await engine.execute(place('later', due(30 * second)));
  await engine.execute(place('much-later', due(5 * minute)));
  await pass(40 * second);
  expect(await expiredAt(engine, 'with-them')).toBe(start + second);
  expect(await expiredAt(engine, 'later')).toBe(start + 30 * second);
  expect(engine.stats().timersFailing).toBe(count);
  // In forty seconds six times at most, and every few minutes from then on.
  expect(counts.loaded).toBeLessThanOrEqual(8 * count + 30);
  counts.loaded = 0;
  await pass(5 * minute);
  expect(await expiredAt(engine, 'much-later')).toBe(start + 5 * minute);
  expect(counts.loaded).toBeGreaterThanOrEqual(count);
  expect(counts.loaded).toBeLessThanOrEqual(5 * count + 30);
  // Ten lines a minute about single ones, and one about all.
  expect(log.length).toBeGreaterThan(0);
  expect(log.length).toBeLessThanOrEqual(7 * 11);
}

/**
 * Fills a store with orders whose deadline is due at `dueAt` and cannot be fired: their status
 * tells of a region that only an engine with another extension knows.
 */
export async function fillWithFailing(
  store: OrderStore,
  count: number,
  dueAt: number,
  prefix = 'failing',
): Promise<void> {
  const { engine, clock } = await testEngine({ timers: false });
  await engine.execute(place('template', { policy: { unpaidTimeoutMs: 1 } }));
  const view = await engine.get('template');
  expectDefined(view);
  const { status: placed, version: _, deadlines: __, figures: ___, updatedAt, ...order } = view;
  const { number, placedAt } = order;
  const status = { ...placed, warehouse: 'packing' };
  const deadlines = [{ name: 'lifecycle.pending.unpaidTimeout', dueAt }];
  const commits = Array.from({ length: count }, (_, index): Commit => {
    const orderId = `${prefix}-${String(index).padStart(6, '0')}`;
    const key = { tenantId: 'default', orderId };
    return {
      ...key,
      expectedVersion: 0,
      expectedRevision: null,
      record: {
        ...key,
        number,
        customerId: null,
        version: 1,
        revision: `${orderId}-event`,
        status,
        deadlines,
        placedAt,
        updatedAt,
        archivedAt: null,
        order: { ...(order as object), id: orderId } as never,
      },
      events: [
        {
          ...key,
          id: `${orderId}-event`,
          type: 'order.placed',
          schemaVersion: 1,
          version: 1,
          data: {} as never,
          status,
          chart: 'other',
          occurredAt: clock.now(),
          recordedAt: clock.now(),
          causationId: null,
          correlationId: null,
          actor: null,
          trace: null,
        },
      ],
      command: undefined,
    };
  });
  for (let at = 0; at < commits.length; at += 256) await store.commit(commits.slice(at, at + 256));
}

function expectDefined<Value>(value: Value | undefined): asserts value is Value {
  if (value === undefined) throw new Error('The template was not placed.');
}
