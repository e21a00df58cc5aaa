import type { Lease } from 'orderchart';
import { Activity } from '../../src/engine/kernel/activity.ts';
import { subscriptionLogger } from '../../src/engine/subscriptions/event-log.ts';
import type { ConsumerParts } from '../../src/engine/subscriptions/parts.ts';
import { Consumer } from '../../src/engine/subscriptions/sharing/consumer.ts';
import type { Worker, WorkerEnded } from '../../src/engine/subscriptions/worker.ts';
import { createMovableClock } from '../../src/testing/clock.ts';

export const second = 1000;
export const graceMs = 10 * second;

/** A consumer whose store and workers only note what they are told, and when. */
export function consuming(random = 1) {
  const clock = createMovableClock(0);
  const activity = new Activity();
  const told: [what: string, atMs: number][] = [];
  const tell = (what: string) => void told.push([what, clock.now()]);
  const warnings: [message: string, fields: object][] = [];
  const requests: object[] = [];
  const test = {
    isShared: false,
    isFree: true,
    isHeld: true,
    isSuperseded: false,
    readPosition: 5,
    parkedCount: 0,
    acquire: async (): Promise<void> => {},
    start: async (): Promise<void> => {},
    hold: async (): Promise<void> => {},
    stop: async (_: Promise<void>): Promise<void> => {},
    release: async (): Promise<void> => {},
    ended: [] as WorkerEnded[],
    /** Counts the handlers that are running. */
    handlers: new Activity(),
  };
  const lease = { subscription: 'mailer', partition: 3, position: 5, history: 1 };
  const worker = (): Worker => ({
    position: 5,
    handlers: test.handlers,
    status: () => ({
      ...{ position: 5, unfinished: 0, asideLanes: 0 },
      ...{ readPosition: test.readPosition, parkedLanes: test.parkedCount },
    }),
    start: async () => {
      tell('start');
      await test.start();
    },
    wake: () => tell('wake'),
    hold: async () => {
      tell('hold');
      await test.hold();
      return test.isHeld;
    },
    abandon: () => {
      tell('abandon');
      test.ended.at(-1)?.(false);
    },
    retry: (key) => tell(`retry ${key?.orderId ?? 'all'}`),
    refreshParked: async (pages) => tell(`parked ${pages}`),
    stop: async (patience) => {
      tell('stop');
      await test.stop(patience);
    },
  });
  const nothing = () => {};
  const warn = (message: string, fields: object) => void warnings.push([message, fields]);
  const parts = {
    clock,
    hostClock: clock,
    activity,
    graceMs,
    owner: 'me',
    leaseDurationMs: 15 * second,
    random: () => random,
    settings: { name: 'mailer' },
    logger: subscriptionLogger({ debug: nothing, info: nothing, error: nothing, warn }, 'mailer'),
    newWorker: (...[, , onEnded]: Parameters<ConsumerParts['newWorker']>) => {
      test.ended.push(onEnded);
      return worker();
    },
    store: {
      subscriptions: {
        acquire: async (request: object) => {
          requests.push(request);
          tell('acquire');
          await test.acquire();
          return test.isFree ? (lease as unknown as Lease) : undefined;
        },
        release: async () => {
          tell('release');
          await test.release();
        },
      },
    },
  } as unknown as ConsumerParts;
  const host = {
    get isShared() {
      return test.isShared;
    },
    markShared: () => tell('company'),
    isSuperseded: async () => test.isSuperseded,
    tryAgain: (isSoon: boolean) => tell(`again ${isSoon ? 'soon' : 'later'}`),
  };
  const consumer = new Consumer(parts, host, 3, 2);
  const names = () => told.map(([what]) => what);
  return {
    consumer,
    clock,
    activity,
    told,
    names,
    warnings,
    requests,
    test,
    /** What was told since the last time. */
    news: () => told.splice(0).map(([what]) => what),
    passTo: (atMs: number) => clock.runTo(atMs, () => activity.idle()),
  };
}
