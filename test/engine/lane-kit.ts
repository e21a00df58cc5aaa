import type { ExecuteResult, OrderKey, ParkedEvent } from 'orderchart';
import { Activity } from '../../src/engine/kernel/activity.ts';
import type { Slots } from '../../src/engine/kernel/slots.ts';
import { Lane } from '../../src/engine/subscriptions/handlers/lane.ts';
import type { LaneHost } from '../../src/engine/subscriptions/handlers/lane-host.ts';
import { type LaneItem, laneItem } from '../../src/engine/subscriptions/handlers/lane-item.ts';
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

/** A lane whose host only notes what it is told; it runs when the test says so. */
export function laning(isParked = false) {
  const told: string[] = [];
  const logged: [level: string, message: string, eventId: string, error: unknown][] = [];
  const requests: boolean[] = [];
  const waits: { readonly what: string; readonly callback: () => void }[] = [];
  const test = {
    isStopping: false,
    isLost: false,
    handledCount: 0,
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
  const wait = (what: string) => (by: number, callback: () => void) => {
    const entry = { what: `${what} ${by}`, callback };
    waits.push(entry);
    return () => {
      if (waits.includes(entry)) waits.splice(waits.indexOf(entry), 1);
    };
  };
  const host: LaneHost<Lane> = {
    slots: {
      get hasLine() {
        return test.hasLine;
      },
      request: (_: unknown, isRetry: boolean) => void requests.push(isRetry),
    } as unknown as Slots,
    work: new Activity(),
    get isStopping() {
      return test.isStopping;
    },
    get isLost() {
      return test.isLost;
    },
    get handledCount() {
      return test.handledCount;
    },
    hold: () => test.hold(),
    handle: (event, attempt) => {
      told.push(`handle ${event.id}, attempt ${attempt}`);
      return test.handle(event);
    },
    execute: async (command, event, index) => {
      told.push(`execute ${event.id}/${index}`);
      return (await test.execute(command)) as ExecuteResult;
    },
    park: async ({ event }, error, isAside) => {
      told.push(`park ${event.id} ${error ?? 'behind'}${isAside ? ' aside' : ''}`);
      return test.park();
    },
    putAside: async ([lane]) => {
      told.push(`put aside ${lane?.items.map(({ event }) => event.id)}`);
      return test.putAside();
    },
    failed: (item) => test.failed(item),
    waits: () => void told.push('waits'),
    parked: async (of, limit) => {
      told.push(`parked ${of.orderId} ${limit}`);
      return test.parked(limit);
    },
    unpark: async ({ event }) => {
      told.push(`unpark ${event.id}`);
      test.lot = test.lot.filter((parked) => parked.event.id !== event.id);
    },
    handled: ({ event }) => void told.push(`handled ${event.id}`),
    finished: ({ event }) => void told.push(`finished ${event.id}`),
    later: wait('attempts'),
    after: wait('delay'),
    emptied: (lane) => void told.push(`emptied ${lane.key.orderId}`),
    log: (level, message, { event }, error) => void logged.push([level, message, event.id, error]),
    countRejected: () => void told.push('rejected'),
  };
  const lane = new Lane(host, key, isParked);
  const item = (version: number, rest: Parameters<typeof laneItem>[2] = {}) =>
    laneItem(version, eventOf(version), rest);
  return {
    lane,
    host,
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
