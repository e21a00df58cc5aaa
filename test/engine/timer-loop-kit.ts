import type { DueOrder, OrderRecord, OrderStore } from 'orderchart';
import { Activity } from '../../src/engine/kernel/activity.ts';
import type { Clock } from '../../src/engine/kernel/clock.ts';
import { Timers } from '../../src/engine/timers/timers.ts';
import { OrderchartError } from '../../src/errors.ts';
import { createMovableClock } from '../../src/testing/clock.ts';
import { due } from './timer-kit.ts';
import { turns } from './turns.ts';

export const second = 1000;

export interface Ask {
  readonly atMs: number;
  readonly limit: number;
  /** The order that the page begins after. */
  readonly after: string | undefined;
}

export interface LoopOptions {
  /** Whether others write to the store, and who takes part in firing. */
  readonly members?: readonly string[];
  readonly random?: number;
}

type Fire = (due: DueOrder) => Promise<boolean>;

/**
 * The loop on a store that holds nothing but deadlines. All times are milliseconds since it was
 * made. What fires, for us or for another engine, is gone; what fails stays.
 */
export function timerLoop({ members, random = 1 }: LoopOptions = {}) {
  const movable = createMovableClock();
  const startedAt = movable.now();
  const sinceStart = () => movable.now() - startedAt;
  let stored: readonly DueOrder[] = [];
  const asks: Ask[] = [];
  const fired: [orderId: string, atMs: number][] = [];
  const told: string[] = [];
  const errors: string[] = [];
  const causes: unknown[] = [];
  /** How often it was asked when the next one comes. */
  const counts = { nextDueAt: 0 };
  const pending = new Set<object>();
  const test = {
    isAway: false,
    /** What becomes of a deadline; true when we were the first. */
    fire: (async () => true) as Fire,
    /** Awaited before a page is given. */
    beforePage: async (): Promise<void> => {},
  };
  const clock: Clock = {
    now: movable.now,
    schedule: (at, callback) => {
      const appointment = {};
      pending.add(appointment);
      const cancel = movable.schedule(at, () => {
        pending.delete(appointment);
        callback();
      });
      return () => {
        pending.delete(appointment);
        cancel();
      };
    },
  };
  const store = {
    features: { durable: false, shared: members !== undefined, partitions: 1, transactions: false },
    due: async (...[now, limit, after]: Parameters<OrderStore['due']>) => {
      asks.push({ atMs: sinceStart(), limit, after: after?.orderId });
      await test.beforePage();
      if (test.isAway) throw new OrderchartError('storeUnavailable', 'away');
      return stored
        .filter((each) => each.deadline.dueAt <= now && isBehind(each, after))
        .slice(0, limit);
    },
    nextDueAt: async (after = Number.NEGATIVE_INFINITY) => {
      counts.nextDueAt += 1;
      return stored.find(({ deadline }) => deadline.dueAt > after)?.deadline.dueAt;
    },
    subscriptions: {
      join: async () => {
        told.push('join');
        return members;
      },
      leave: async () => void told.push('leave'),
    },
  } as unknown as OrderStore;
  const fire: Fire = async (each) => {
    // One that is gone is fired for nothing: its key is used up.
    if (!stored.some((other) => isSame(other, each))) return true;
    fired.push([each.orderId, sinceStart()]);
    const wasFirst = await test.fire(each);
    stored = stored.filter((other) => !isSame(other, each));
    return wasFirst;
  };
  const activity = new Activity();
  const nothing = () => {};
  const error = (message: string, fields: Readonly<Record<string, unknown>>) => {
    errors.push(message);
    causes.push(fields['error']);
  };
  const logger = { debug: nothing, info: nothing, warn: nothing, error };
  const owner = 'me';
  const timers = new Timers({ store, clock, activity, logger, random: () => random, owner, fire });
  const at = (orderId: string, atMs: number) => due(orderId, startedAt + atMs);
  return {
    timers,
    asks,
    fired,
    told,
    errors,
    causes,
    counts,
    test,
    at,
    pendingCount: () => pending.size,
    storedIds: () => stored.map(({ orderId }) => orderId),
    /** They are in the store, and nobody says so. */
    put: (...dues: readonly DueOrder[]) => {
      stored = [...stored, ...dues].toSorted(byPlace);
    },
    noticed: (each: DueOrder) => timers.noticed(recordOf(each, [each.deadline])),
    noticedWithout: (each: DueOrder) => timers.noticed(recordOf(each, [])),
    settled: () => activity.idle(),
    /** Lets time pass up to `atMs`. */
    passTo: (atMs: number) => movable.runTo(startedAt + atMs, () => activity.idle()),
    /** When the order was tried. */
    timesOf: (orderId: string) => fired.filter(([id]) => id === orderId).map(([, atMs]) => atMs),
  };
}

function recordOf({ tenantId, orderId }: DueOrder, deadlines: readonly object[]): OrderRecord {
  return { tenantId, orderId, deadlines } as unknown as OrderRecord;
}

function isSame(left: DueOrder, right: DueOrder): boolean {
  return left.orderId === right.orderId && left.deadline.dueAt === right.deadline.dueAt;
}

function isBehind(each: DueOrder, after: Parameters<OrderStore['due']>[2]): boolean {
  if (after === undefined) return true;
  const { dueAt } = each.deadline;
  return dueAt > after.dueAt || (dueAt === after.dueAt && each.orderId > after.orderId);
}

function byPlace(left: DueOrder, right: DueOrder): number {
  return left.deadline.dueAt - right.deadline.dueAt || (left.orderId < right.orderId ? -1 : 1);
}

/** What says that one order is to blame. */
export const held = () => new OrderchartError('contention', 'held');

export type Loop = ReturnType<typeof timerLoop>;

export const numbered = (loop: Loop, count: number, atMs = 0) =>
  Array.from({ length: count }, (_, index) =>
    loop.at(`order-${String(index).padStart(4, '0')}`, atMs),
  );

/** Those fail for as long as they are named here. */
export function failing(loop: Loop, isBad: (orderId: string) => boolean) {
  loop.test.fire = async ({ orderId }) => {
    if (isBad(orderId)) throw held();
    return true;
  };
}

/** What fires stays so for some turns, so that others join it. */
export function countingAtOnce(loop: Loop) {
  const counts = { now: 0, most: 0 };
  const { fire } = loop.test;
  loop.test.fire = async (each) => {
    counts.now += 1;
    counts.most = Math.max(counts.most, counts.now);
    await turns(1);
    counts.now -= 1;
    return fire(each);
  };
  return counts;
}
