import { Activity } from '../../src/engine/kernel/activity.ts';
import { Slots } from '../../src/engine/kernel/slots.ts';
import type { HandlerContext } from '../../src/engine/subscriptions/options.ts';
import type { ConsumerParts } from '../../src/engine/subscriptions/parts.ts';
import { ProjectionWorker } from '../../src/engine/subscriptions/projections/projection-worker.ts';
import type { LeaseKeeper } from '../../src/engine/subscriptions/sharing/lease-keeper.ts';
import type { OrderEvent } from '../../src/order/envelope.ts';
import type { FeedEntry, OrderKey, ParkedEvent, ParkedOrder } from '../../src/store/store.ts';
import { turns } from './turns.ts';
import { countedClock, rememberingLogger } from './worker-kit.ts';

type Work = (transaction: unknown) => Promise<number>;

/** The worker of a projection on partition 3 from position 10 on; all around does as it is told. */
export function projectingAlone(pageSize = 4) {
  const { clock, counted, timers } = countedClock();
  const { logged, logger } = rememberingLogger('counts');
  const activity = new Activity();
  const told: string[] = [];
  const ended: boolean[] = [];
  const contexts: object[] = [];
  const counters = { eventsHandled: 0, handlerRetries: 0, eventsParked: 0, eventsPutAside: 0 };
  const test = {
    feed: [] as FeedEntry[],
    isOurs: true,
    hold: async (): Promise<boolean> => test.isOurs,
    progress: 0,
    lot: [] as ParkedEvent[],
    parkedOrders: [] as ParkedOrder[],
    matches: (_: string): boolean => true,
    beforeRead: async (): Promise<void> => {},
    beforeLearn: async (): Promise<void> => {},
    beforePark: async (): Promise<void> => {},
    handle: async (_: OrderEvent, __: HandlerContext): Promise<unknown> => undefined,
    commit: async (_: number): Promise<void> => {},
    /** Whether the store still finds the lease ours within a transaction. */
    isOursWithin: true,
  };
  const lease = { partition: 3, position: 10, history: 7 };
  const keeper = {
    lease,
    hold: () => {
      told.push('hold');
      return test.hold();
    },
    write: async (work: (of: object) => Promise<unknown>) => (await work(lease)) !== undefined,
    read: async (_: unknown, after: number, limit: number) => {
      told.push(`read after ${after} ${limit}`);
      await test.beforeRead();
      const rest = test.feed.filter(({ position }) => position > after);
      return { entries: rest.slice(0, limit), hasMore: rest.length > limit };
    },
  } as unknown as LeaseKeeper;
  const written = (what: string) => {
    told.push(what);
    return test.isOurs ? lease : undefined;
  };
  const within = (what: string, transaction: unknown) => {
    if (transaction === undefined) return written(what);
    told.push(what);
    return test.isOursWithin ? lease : undefined;
  };
  const store = {
    feed: async (_: number, after: number) => {
      told.push(`look after ${after}`);
      await test.beforeRead();
      return test.feed.filter(({ position }) => position > after);
    },
    subscriptions: {
      park: async (_: object, entries: readonly ParkedEvent[], transaction?: unknown) => {
        const what = entries.map(({ event, error }) => `${event.id} ${error ?? 'behind'}`);
        const answer = within(`park ${what}`, transaction);
        await test.beforePark();
        for (const entry of entries) {
          const known = test.lot.find(({ event }) => event.id === entry.event.id);
          // A request to retry is kept, as stores keep it.
          const requeues = Math.max(entry.requeues, known?.requeues ?? 0);
          test.lot = [...test.lot.filter((other) => other !== known), { ...entry, requeues }];
        }
        return answer;
      },
      unpark: async (_: object, id: string, transaction?: unknown) => {
        test.lot = test.lot.filter(({ event }) => event.id !== id);
        return within(`unpark ${id}`, transaction);
      },
      checkpoint: async (_: object, position: number) => written(`checkpoint ${position}`),
      parked: async (_: string, limit: number, key: OrderKey) => {
        told.push(`parked ${key.orderId}`);
        return test.lot.filter(({ event }) => event.orderId === key.orderId).slice(0, limit);
      },
      parkedLanes: async ({ after }: { readonly after?: OrderKey }) => {
        told.push('learn');
        await test.beforeLearn();
        const from = test.parkedOrders.findIndex(({ orderId }) => orderId === after?.orderId) + 1;
        return test.parkedOrders.slice(from, from + 1000);
      },
    },
  };
  let transactions = 0;
  /** Rolls back what was parked, as a database would. */
  const project = async (_: object, work: Work) => {
    const before = test.lot;
    told.push('begin');
    transactions += 1;
    try {
      const position = await work(`transaction ${transactions}`);
      await test.commit(position);
      return written(`commit ${position}`);
    } catch (error) {
      told.push('rollback');
      test.lot = before;
      throw error;
    }
  };
  const parts = {
    ...{ clock: counted, activity, counters, store, random: () => 1 },
    slots: new Slots(1, activity),
    matches: (type: string) => test.matches(type),
    onProgress: () => {
      test.progress += 1;
    },
    logger,
    settings: {
      name: 'counts',
      retry: { initialDelayMs: 100, maximumDelayMs: 60_000 },
      handler: (event: OrderEvent, context: HandlerContext) => {
        told.push(`handle ${event.id}`);
        contexts.push(context);
        return test.handle(event, context);
      },
    },
  } as unknown as ConsumerParts;
  const onEnded = (isTaken: boolean) => void ended.push(isTaken);
  const worker = new ProjectionWorker(
    ...([parts, keeper, onEnded, project as never, pageSize] as const),
  );
  return {
    ...{ worker, parts, clock, activity, told, ended, logged, counters, contexts, test },
    /** How many wait for a time to come. */
    timers,
    /** What was told since the last time, once nothing more happens; holds are left out. */
    news: async () => {
      await turns(10);
      return told.splice(0).filter((what) => what !== 'hold');
    },
    pass: (durationMs: number) => clock.runTo(clock.now() + durationMs, () => turns(5)),
  };
}
