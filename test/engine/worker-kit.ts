import { subscriptionLogger } from '../../src/engine/subscriptions/event-log.ts';
import type { FeedEntry, OrderKey } from '../../src/store/store.ts';
import { createMovableClock } from '../../src/testing/clock.ts';
import { eventOf } from './lane-kit.ts';

// What the tests of both workers of a partition share: of handlers, and of a projection.

export const keyOf = (orderId: string): OrderKey => ({ tenantId: 'default', orderId });

export function entryOf(position: number, orderId = `order-${position}`): FeedEntry {
  return { partition: 3, position, event: eventOf(position, keyOf(orderId)) };
}

/** Entries of as many orders, one after the other. */
export const entries = (from: number, count: number): FeedEntry[] =>
  Array.from({ length: count }, (_, index) => entryOf(from + index));

export const parkedOrder = (orderId: string, rest: object = {}) => ({
  ...{ ...keyOf(orderId), partition: 3, eventId: 'e1', error: 'poison', attempts: 1 },
  ...{ retryAt: null, requeues: 0, ...rest },
});

/** A store that does not answer. */
export async function away(): Promise<never> {
  throw new Error('away');
}

/** A clock that is moved by hand, and tells how many wait for a time to come. */
export function countedClock() {
  const clock = createMovableClock(0);
  const timers = new Set<object>();
  const counted = {
    now: () => clock.now(),
    schedule: (at: number, callback: () => void) => {
      const timer = {};
      timers.add(timer);
      const cancel = clock.schedule(at, () => {
        timers.delete(timer);
        callback();
      });
      return () => {
        timers.delete(timer);
        cancel();
      };
    },
  };
  return { clock, counted, timers: () => timers.size };
}

/** The logger of a subscription that remembers what it is told. */
export function rememberingLogger(subscription: string) {
  const logged: [level: string, message: string, fields: object][] = [];
  const log = (level: string) => (message: string, fields: object) =>
    void logged.push([level, message, fields]);
  const logger = subscriptionLogger(
    { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    subscription,
  );
  return { logged, logger };
}
