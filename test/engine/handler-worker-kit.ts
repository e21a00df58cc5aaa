import { Activity } from '../../src/engine/kernel/activity.ts';
import { Slots } from '../../src/engine/kernel/slots.ts';
import { HandlerWorker } from '../../src/engine/subscriptions/handlers/handler-worker.ts';
import type { HandlerContext } from '../../src/engine/subscriptions/options.ts';
import type { ConsumerParts } from '../../src/engine/subscriptions/parts.ts';
import type { LeaseKeeper } from '../../src/engine/subscriptions/sharing/lease-keeper.ts';
import type { OrderEvent } from '../../src/order/envelope.ts';
import type { FeedEntry, OrderKey, ParkedEvent, ParkedOrder } from '../../src/store/store.ts';
import { turns } from './turns.ts';
import { countedClock, rememberingLogger } from './worker-kit.ts';

/** A worker on partition 3 from position 10 on, whose store and lease do as they are told. */
export function working(concurrency = 16) {
  const { clock, counted, timers } = countedClock();
  const { logged, logger } = rememberingLogger('mailer');
  const activity = new Activity();
  const told: string[] = [];
  const ended: boolean[] = [];
  const counters = {
    ...{ eventsHandled: 0, handlerRetries: 0, handlerCommandsRejected: 0 },
    ...{ eventsParked: 0, eventsPutAside: 0 },
  };
  const test = {
    feed: [] as FeedEntry[],
    hasMore: false,
    isOurs: true,
    progress: 0,
    lot: [] as ParkedEvent[],
    parkedOrders: [] as ParkedOrder[],
    matches: (_: string): boolean => true,
    beforeRead: async (): Promise<void> => {},
    beforeLearn: async (): Promise<void> => {},
    handle: async (_: OrderEvent, __: HandlerContext): Promise<unknown> => undefined,
    result: { status: 'accepted' } as object,
  };
  const write = (what: string) => async () => {
    told.push(what);
    return test.isOurs ? lease : undefined;
  };
  const lease = { partition: 3, position: 10, history: 7 };
  const keeper = {
    lease,
    hold: async () => test.isOurs,
    write: async (work: (of: object) => Promise<unknown>) => (await work(lease)) !== undefined,
    read: async (_: unknown, after: number, limit: number) => {
      told.push(`read after ${after} ${limit}`);
      await test.beforeRead();
      const rest = test.feed.filter(({ position }) => position > after);
      return { entries: rest.slice(0, limit), hasMore: test.hasMore || rest.length > limit };
    },
  } as unknown as LeaseKeeper;
  const parts = {
    ...{ clock: counted, activity, counters, random: () => 1, outlook: { handled: 0 } },
    slots: new Slots(concurrency, activity),
    matches: (type: string) => test.matches(type),
    onProgress: () => {
      test.progress += 1;
    },
    logger,
    settings: {
      name: 'mailer',
      retry: { initialDelayMs: 100, maximumDelayMs: 60_000 },
      handler: (event: OrderEvent, context: HandlerContext) => {
        told.push(`handle ${event.orderId}`);
        return test.handle(event, context);
      },
    },
    execute: async (command: unknown, event: OrderEvent, key: string) => {
      told.push(`execute ${command} ${event.id} ${key}`);
      return test.result;
    },
    store: {
      feed: async (_: number, after: number) => {
        told.push(`look after ${after}`);
        return test.feed.filter(({ position }) => position > after);
      },
      subscriptions: {
        park: async (_: object, entries: readonly ParkedEvent[]) => {
          test.lot.push(...entries);
          return write(`park ${entries.map(({ event }) => event.orderId)}`)();
        },
        unpark: async (_: object, id: string) => {
          test.lot = test.lot.filter(({ event }) => event.id !== id);
          return write(`unpark ${id}`)();
        },
        checkpoint: (_: object, position: number) => write(`checkpoint ${position}`)(),
        parked: async (name: string, limit: number, key: OrderKey, bytes?: number) => {
          told.push(`parked ${name} ${limit} ${key.orderId} ${bytes}`);
          return test.lot.filter(({ event }) => event.orderId === key.orderId).slice(0, limit);
        },
        parkedLanes: async ({ after }: { readonly after?: OrderKey }) => {
          told.push('learn');
          await test.beforeLearn();
          const from = test.parkedOrders.findIndex(({ orderId }) => orderId === after?.orderId) + 1;
          return test.parkedOrders.slice(from, from + 1000);
        },
      },
    },
  } as unknown as ConsumerParts;
  const worker = new HandlerWorker(parts, keeper, (isTaken) => void ended.push(isTaken));
  return {
    ...{ worker, parts, clock, activity, told, ended, logged, counters, test },
    /** How many wait for a time to come. */
    timers,
    /** What was told since the last time, once nothing more happens. */
    news: async () => {
      await turns(5);
      return told.splice(0);
    },
    pass: (durationMs: number) => clock.runTo(clock.now() + durationMs, () => turns(3)),
  };
}
