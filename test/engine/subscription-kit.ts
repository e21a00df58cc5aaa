import { Activity } from '../../src/engine/kernel/activity.ts';
import type { SubscriptionSettings } from '../../src/engine/subscriptions/options.ts';
import type { ConsumerParts, SubscriptionParts } from '../../src/engine/subscriptions/parts.ts';
import { RunningSubscription } from '../../src/engine/subscriptions/subscription.ts';
import type { Worker, WorkerEnded } from '../../src/engine/subscriptions/worker.ts';
import type { Checkpoint, OrderKey, ParkedOrder } from '../../src/store/store.ts';
import { createMovableClock } from '../../src/testing/clock.ts';
import { turns } from './turns.ts';

export const second = 1000;

/** A store with three partitions, and workers, that only note what they are told. */
export function subscribing(isShared = false) {
  const clock = createMovableClock(0);
  const activity = new Activity();
  const told: string[] = [];
  const logged: [level: string, message: string, fields: object][] = [];
  const ended = new Map<number, WorkerEnded>();
  const test = {
    members: ['me'],
    checkpoints: [] as Checkpoint[],
    parkedOrders: [] as ParkedOrder[],
    filter: '*',
    position: 5,
    taken: [] as number[],
    feedEnd: (partition: number): number => 100 + partition,
    acquire: async (_: number): Promise<void> => {},
    isRemoved: true,
    wasParked: true,
    stop: async (): Promise<void> => {},
    join: async (): Promise<void> => {},
  };
  const tell = (what: string) => void told.push(what);
  const worker = (partition: number): Worker => ({
    get position() {
      return test.position;
    },
    status: () => ({
      ...{ position: test.position, readPosition: 8, unfinished: 3, parkedLanes: 2, asideLanes: 1 },
    }),
    handlers: new Activity(),
    start: async () => tell(`start ${partition}`),
    wake: () => tell(`wake ${partition}`),
    hold: async () => true,
    abandon: () => {
      tell(`abandon ${partition}`);
      ended.get(partition)?.(false);
    },
    retry: (key) => tell(`retry ${partition} ${key?.tenantId}/${key?.orderId}`),
    refreshParked: async (pages) => tell(`look ${partition} ${pages}`),
    stop: async () => {
      tell(`stop ${partition}`);
      await test.stop();
    },
  });
  let onProgress = (): void => {};
  const newWorker = ((
    consumer: ConsumerParts,
    { lease }: { lease: Checkpoint },
    onEnded: WorkerEnded,
  ) => {
    ended.set(lease.partition, onEnded);
    onProgress = consumer.onProgress;
    return worker(lease.partition);
  }) as never;
  const keyText = (key?: OrderKey) =>
    key === undefined ? 'all' : `${key.tenantId}/${key.orderId}`;
  const note = (level: string) => (message: string, fields: object) =>
    void logged.push([level, message, fields]);
  const parts = {
    ...{ clock, hostClock: clock, activity, random: () => 1, owner: 'me' },
    ...{ leaseDurationMs: 15 * second, graceMs: 5 * second, counters: {} },
    logger: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    execute: async () => ({}),
    store: {
      name: 'noting',
      features: { partitions: 3, shared: isShared },
      feed: async (partition: number) => {
        tell(`read ${partition}`);
        return [];
      },
      feedEnd: async (partition: number) => test.feedEnd(partition),
      feedPositionAt: async (partition: number, time: number) => time + partition,
      subscriptions: {
        claimFilter: async () => test.filter,
        checkpoints: async () => test.checkpoints,
        join: async () => {
          await test.join();
          tell('join');
          return test.members;
        },
        leave: async () => tell('leave'),
        acquire: async (request: { partition: number; startPosition: number }) => {
          const { partition, startPosition } = request;
          tell(`acquire ${partition} from ${startPosition}`);
          await test.acquire(partition);
          if (test.taken.includes(partition)) return undefined;
          return { subscription: 'mailer', partition, position: startPosition, history: 1 };
        },
        release: async ({ partition }: Checkpoint) => tell(`release ${partition}`),
        parkedLanes: async ({ partition }: { partition: number }) => {
          tell(`look ${partition}`);
          return test.parkedOrders.filter((order) => order.partition === partition);
        },
        parked: async (name: string, limit: number, key?: OrderKey, bytes?: number) => {
          tell(`parked ${name} ${limit} ${keyText(key)} ${bytes}`);
          return [];
        },
        requeue: async (name: string, key?: OrderKey) => {
          tell(`requeue ${name} ${keyText(key)}`);
          return 4;
        },
        skip: async (name: string, id: string) => {
          tell(`skip ${name} ${id}`);
          return test.wasParked;
        },
        rewind: async (name: string, partition: number, position: number) =>
          tell(`rewind ${name} ${partition} ${position}`),
        remove: async (name: string, now: number) => {
          tell(`remove ${name} ${now}`);
          return test.isRemoved;
        },
      },
    },
  } as unknown as SubscriptionParts;
  const settings: SubscriptionSettings = {
    ...{ name: 'mailer', from: 'beginning', types: undefined, upgrade: undefined },
    ...{ concurrency: 4, retry: { initialDelayMs: 100, maximumDelayMs: 1000 }, handler: () => {} },
  };
  const start = (changed: Partial<SubscriptionSettings> = {}) =>
    RunningSubscription.start(parts, { ...settings, ...changed }, () => tell('closed'), newWorker);
  return {
    ...{ parts, settings, clock, activity, told, logged, test, start, ended },
    /** Tells that a worker came further. */
    progress: () => onProgress(),
    /** What was told since the last time, once nothing more happens. */
    news: async () => {
      await turns(5);
      return told.splice(0);
    },
    pass: (durationMs: number) => clock.runTo(clock.now() + durationMs, () => turns(3)),
  };
}
