import type { ExecuteResult, OrderKey, ParkedEvent } from 'orderchart';
import { Activity } from '../../src/engine/kernel/activity.ts';
import type { Clock } from '../../src/engine/kernel/clock.ts';
import type { HandlerCalls } from '../../src/engine/subscriptions/handler-calls.ts';
import { EventAttempts } from '../../src/engine/subscriptions/handlers/event-attempts.ts';
import { Lane } from '../../src/engine/subscriptions/handlers/lane.ts';
import { type LaneItem, laneItem } from '../../src/engine/subscriptions/handlers/lane-item.ts';
import type { ConsumerParts } from '../../src/engine/subscriptions/parts.ts';
import type { WorkerLease } from '../../src/engine/subscriptions/sharing/worker-lease.ts';
import type { OrderEvent } from '../../src/order/envelope.ts';

const key: OrderKey = { tenantId: 'default', orderId: 'order-1' };

/** The event of this version; its id is `e<version>`. */
export function eventOf(version: number, { tenantId, orderId } = key): OrderEvent {
  return {
    ...{ id: `e${version}`, type: 'order.annotated', tenantId, orderId, version, data: {} },
  } as unknown as OrderEvent;
}

/** The same as the parking lot has it. */
export function parkedEvent(version: number, rest: Partial<ParkedEvent> = {}): ParkedEvent {
  return {
    ...{ subscription: 'mailer', partition: 0, position: version, event: eventOf(version) },
    ...{ error: 'broken', attempts: 4, retryAt: null, requeues: 0, parkedAt: 0, ...rest },
  };
}

/** The first wait for another attempt; what waits for less is put aside. */
const retryMs = 2 ** 20;

/** A lane whose surroundings only note what they are told; it runs when the test says so. */
export function laning(isParked = false) {
  const told: string[] = [];
  const logged: [level: string, message: string, eventId: string, error: unknown][] = [];
  const requests: boolean[] = [];
  const waits: { readonly what: string; readonly callback: () => void }[] = [];
  const test = {
    isStopping: false,
    isLost: false,
    handledCount: 0,
    eventsHandled: 0,
    hasLine: false,
    hold: async (): Promise<boolean> => true,
    handle: async (_: OrderEvent): Promise<unknown> => undefined,
    execute: async (_: unknown): Promise<Partial<ExecuteResult>> => ({ status: 'accepted' }),
    park: async (): Promise<boolean> => true,
    putAside: async (): Promise<boolean> => true,
    failed: (_: LaneItem): boolean => true,
    /** What is in the parking lot, in the order of the versions. */
    lot: [] as ParkedEvent[],
    parked: async (limit: number): Promise<readonly ParkedEvent[]> => test.lot.slice(0, limit),
  };
  const clock: Clock = {
    now: () => 0,
    schedule: (atMs, callback) => {
      const isRetry = atMs >= retryMs;
      const what = isRetry ? `attempts ${1 + Math.log2(atMs / retryMs)}` : `delay ${atMs}`;
      const entry = { what, callback };
      waits.push(entry);
      return () => {
        if (waits.includes(entry)) waits.splice(waits.indexOf(entry), 1);
      };
    },
  };
  const log = (level: string) => (message: string, fields: Record<string, unknown>) =>
    void logged.push([level, message, fields.eventId as string, fields.error]);
  const work = new Activity();
  const lease = {
    work,
    get isStopping() {
      return test.isStopping;
    },
    get isOver() {
      return test.isLost;
    },
    hold: () => test.hold(),
  } as unknown as WorkerLease;
  const parts = {
    clock,
    random: () => 1,
    slots: {
      get hasLine() {
        return test.hasLine;
      },
      request: (_: unknown, isRetry: boolean) => void requests.push(isRetry),
    },
    outlook: {
      get handled() {
        return test.handledCount;
      },
      set handled(count: number) {
        test.handledCount = count;
      },
    },
    counters: {
      ...{ eventsHandled: 0, handlerRetries: 0 },
      get handlerCommandsRejected() {
        return 0;
      },
      set handlerCommandsRejected(_: number) {
        told.push('rejected');
      },
    },
    logger: { warn: log('warn'), error: log('error') },
    settings: {
      name: 'mailer',
      retry: { initialDelayMs: retryMs, maximumDelayMs: Number.POSITIVE_INFINITY },
    },
    execute: async (command: unknown, _: OrderEvent, executionKey: string) => {
      told.push(`execute ${executionKey.replace('mailer/', '')}`);
      return test.execute(command);
    },
  } as unknown as ConsumerParts;
  const calls = {
    handle: (event: OrderEvent, attempt: number) => {
      told.push(`handle ${event.id}, attempt ${attempt}`);
      return test.handle(event);
    },
  } as HandlerCalls;
  const lane = new Lane(
    {
      parts,
      lease,
      attempts: new EventAttempts(parts, lease, calls),
      parking: {
        park: async ({ event }, error, isAside) => {
          told.push(`park ${event.id} ${error ?? 'behind'}${isAside ? ' aside' : ''}`);
          return test.park();
        },
        putAside: async ([aside]) => {
          told.push(`put aside ${aside?.items.map(({ event }) => event.id)}`);
          return test.putAside();
        },
        read: async (of, limit) => {
          told.push(`parked ${of.orderId} ${limit}`);
          return test.parked(limit);
        },
        unpark: async ({ event }) => {
          told.push(`unpark ${event.id}`);
          test.lot = test.lot.filter((parked) => parked.event.id !== event.id);
        },
      },
      owner: {
        failed: (of) => test.failed(of),
        finished: ({ event }) => {
          const isHandled = parts.counters.eventsHandled > test.eventsHandled;
          test.eventsHandled = parts.counters.eventsHandled;
          told.push(`${isHandled ? 'handled' : 'finished'} ${event.id}`);
        },
        rested: ({ isWaiting, key: of }) =>
          void told.push(isWaiting ? 'waits' : `emptied ${of.orderId}`),
      },
    },
    key,
    isParked,
  );
  const item = (version: number, rest: Parameters<typeof laneItem>[2] = {}) =>
    laneItem(version, eventOf(version), rest);
  return {
    lane,
    work,
    told,
    logged,
    requests,
    waits,
    test,
    item,
    push: (...versions: number[]) => {
      for (const version of versions) lane.push(item(version));
    },
    /** Runs once and gives what was told since the last time. */
    run: async () => {
      await lane.run();
      return told.splice(0);
    },
    left: () => lane.items.map(({ event }) => event.id),
  };
}
