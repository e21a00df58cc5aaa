import { Activity } from '../../src/engine/kernel/activity.ts';
import { subscriptionLogger } from '../../src/engine/subscriptions/event-log.ts';
import type { Lane } from '../../src/engine/subscriptions/handlers/lane.ts';
import type { LaneItem } from '../../src/engine/subscriptions/handlers/lane-item.ts';
import { LookAhead } from '../../src/engine/subscriptions/handlers/look-ahead.ts';
import type { ConsumerParts } from '../../src/engine/subscriptions/parts.ts';
import type { WorkerLease } from '../../src/engine/subscriptions/sharing/worker-lease.ts';
import type { FeedEntry, OrderKey } from '../../src/store/store.ts';
import { createMovableClock } from '../../src/testing/clock.ts';
import { eventOf } from './lane-kit.ts';
import { turns } from './turns.ts';

export const ordersFrom = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => `order-${from + index}`);

/** The window reaches to position 10; what is tried fails, unless the test says otherwise. */
export function looking() {
  const clock = createMovableClock(0);
  const activity = new Activity();
  const warnings: [message: string, fields: object][] = [];
  const asked: [partition: number, after: number, limit: number, bytes: number | undefined][] = [];
  const tried: LaneItem[] = [];
  let rounds: string[][] = [];
  const test = {
    isStuck: true,
    readPosition: 10,
    hasLane: (_: string): boolean => false,
    retried: 0,
    /** The orders of the events from position 11 on. */
    feed: [] as string[],
    beforePage: async (): Promise<void> => {},
    matches: (_: string): boolean => true,
    onTry: (item: LaneItem): void => void lookAhead.failed(item),
  };
  const entry = (orderId: string, index: number): FeedEntry => ({
    ...{ partition: 3, position: 11 + index },
    event: eventOf(11 + index, { tenantId: 'default', orderId }),
  });
  const nothing = () => {};
  const warn = (message: string, fields: object) => void warnings.push([message, fields]);
  const parts = {
    clock,
    activity,
    random: () => 1,
    matches: (type: string) => test.matches(type),
    outlook: { handled: 0 },
    settings: { name: 'mailer', retry: { initialDelayMs: 100, maximumDelayMs: 60_000 } },
    logger: subscriptionLogger({ debug: nothing, info: nothing, error: nothing, warn }, 'mailer'),
    store: {
      feed: async (partition: number, after: number, limit: number, bytes?: number) => {
        asked.push([partition, after, limit, bytes]);
        rounds.at(-1)?.push(`after ${after}`);
        await test.beforePage();
        const begin = Math.max(0, after - 10);
        return test.feed.slice(begin, begin + limit).map((id, index) => entry(id, begin + index));
      },
    },
  };
  // Whether the window is stuck goes by how full it is and how much of it fails.
  const progress = {
    ...{ capacity: 0, unfinishedCount: 1 },
    get read() {
      return test.readPosition;
    },
  };
  const lanes = {
    get failingCount() {
      return test.isStuck ? 1 : 0;
    },
    get: ({ orderId }: OrderKey) => (test.hasLane(orderId) ? ({} as Lane) : undefined),
    of: () =>
      ({
        push: (item: LaneItem) => {
          tried.push(item);
          test.onTry(item);
        },
      }) as Lane,
    retryWaiting: () => {
      test.retried += 1;
    },
  };
  const lease = { isStopping: false, current: { partition: 3 } } as unknown as WorkerLease;
  const lookAhead = new LookAhead(parts as unknown as ConsumerParts, lease, progress, lanes);
  /** Lets so much time pass, and gives the orders that were tried meanwhile. */
  const pass = async (durationMs: number) => {
    tried.length = 0;
    rounds = [[]];
    await clock.runTo(clock.now() + durationMs, () => turns(3));
    return tried.map(({ event }) => event.orderId);
  };
  return { lookAhead, clock, activity, parts, warnings, asked, tried, test, pass };
}
