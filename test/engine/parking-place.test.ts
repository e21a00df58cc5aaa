import { describe, expect, it } from 'vitest';
import { subscriptionLogger } from '../../src/engine/subscriptions/event-log.ts';
import type { Lane } from '../../src/engine/subscriptions/handlers/lane.ts';
import { type LaneItem, laneItem } from '../../src/engine/subscriptions/handlers/lane-item.ts';
import { ParkingPlace } from '../../src/engine/subscriptions/handlers/parking-place.ts';
import type { ConsumerParts } from '../../src/engine/subscriptions/parts.ts';
import type { LeaseKeeper } from '../../src/engine/subscriptions/sharing/lease-keeper.ts';
import { WorkerLease } from '../../src/engine/subscriptions/sharing/worker-lease.ts';
import type { ParkedEvent } from '../../src/store/store.ts';
import { createMovableClock } from '../../src/testing/clock.ts';
import { eventOf, parkedEvent } from './lane-kit.ts';

// What is written into the parking lot, and which lanes are put aside to make room.

const second = 1000;

function parking() {
  const clock = createMovableClock(0);
  const told: string[] = [];
  const written: (readonly ParkedEvent[])[] = [];
  const warnings: [message: string, fields: object][] = [];
  const counters = { eventsParked: 0, eventsPutAside: 0 };
  const test = {
    isOurs: true,
    isStuck: false,
    asideCount: 0,
    park: async (): Promise<void> => {},
    parked: async (): Promise<readonly ParkedEvent[]> => [],
  };
  const current = { partition: 3, revision: 8 };
  const keeper = {
    lease: current,
    write: async (work: (of: object) => Promise<unknown>) => (await work(current)) !== undefined,
  } as unknown as LeaseKeeper;
  const warn = (message: string, fields: object) => void warnings.push([message, fields]);
  const parts = {
    clock,
    counters,
    random: () => 1,
    settings: { name: 'mailer', retry: { initialDelayMs: second, maximumDelayMs: 60 * second } },
    logger: subscriptionLogger({ debug: warn, info: warn, error: warn, warn }, 'mailer'),
    store: {
      subscriptions: {
        park: async (by: object, entries: readonly ParkedEvent[]) => {
          expect(by).toBe(current);
          await test.park();
          if (!test.isOurs) return undefined;
          written.push(entries);
          return current;
        },
        parked: async (name: string, limit: number, of: { readonly orderId: string }) => {
          told.push(`parked ${name} ${limit} ${of.orderId}`);
          return test.parked();
        },
      },
    },
  } as unknown as ConsumerParts;
  const lease = new WorkerLease(parts, keeper, () => void told.push('lose'));
  const onFinished = ({ event }: LaneItem) => void told.push(`finished ${event.id}`);
  const place = new ParkingPlace(parts, lease, onFinished);
  const freeCapacity = (all: readonly Lane[]) =>
    place.freeCapacity({ all, asideCount: test.asideCount }, test.isStuck);
  /** A lane of which only what the parking place asks for is there. */
  const lane = (orderId: string, items: LaneItem[], isWaiting = true) =>
    ({
      ...{ key: { tenantId: 'default', orderId }, items, isWaiting },
      freeze: () => void told.push(`freeze ${orderId}`),
      thaw: () => void told.push(`thaw ${orderId}`),
      rest: (delayMs: number, kept: ReadonlySet<LaneItem>) =>
        void told.push(`rest ${orderId} ${delayMs} ${[...kept].map(({ event }) => event.id)}`),
    }) as unknown as Lane;
  /** So many lanes, each with an event that fails alone. */
  const lanes = (count: number, eventsEach = 1) =>
    Array.from({ length: count }, (_, index) => {
      const items = Array.from({ length: eventsEach }, (__, version) => failing(version + 1));
      return lane(`order-${index}`, items);
    });
  const sizes = () => written.map((entries) => entries.length);
  return {
    place,
    freeCapacity,
    clock,
    told,
    written,
    warnings,
    counters,
    test,
    lane,
    lanes,
    sizes,
  };
}

function failing(version: number, rest: Partial<LaneItem> = {}): LaneItem {
  const item = laneItem(version, eventOf(version), { attempts: 3 });
  return Object.assign(item, { failure: 'away', failsAlone: true }, rest);
}

describe('parking one event', () => {
  it('writes what is known of it, under the lease, and counts it', async () => {
    const { place, clock, written, counters, told } = parking();
    clock.advanceTo(70);
    const item = laneItem(9, eventOf(4), { attempts: 3, requeues: 2 });
    expect(await place.park(item, 'poison', false)).toBe(true);
    expect(written).toEqual([
      [
        {
          ...{ subscription: 'mailer', partition: 3, position: 9, event: eventOf(4) },
          ...{ error: 'poison', attempts: 3, retryAt: null, requeues: 2, parkedAt: 70 },
        },
      ],
    ]);
    expect(counters).toEqual({ eventsParked: 1, eventsPutAside: 0 });
    expect(await place.park(item, null, true)).toBe(true);
    expect(counters).toEqual({ eventsParked: 1, eventsPutAside: 1 });
    expect(told).toEqual([]);
  });

  it('without the lease counts nothing, and tells that it is lost', async () => {
    const { place, counters, told, test } = parking();
    test.isOurs = false;
    expect(await place.park(failing(1), 'poison', false)).toBe(false);
    expect(counters).toEqual({ eventsParked: 0, eventsPutAside: 0 });
    expect(told).toEqual(['lose']);
  });
});

describe('putting lanes aside', () => {
  it('keeps all their events, the first with when it is tried again, and has them rest so long', async () => {
    const { place, clock, told, written, counters, lane } = parking();
    clock.advanceTo(70);
    const items = [failing(1), failing(2, { attempts: 0, failure: null })];
    const other = [failing(5, { attempts: 1 })];
    expect(await place.putAside([lane('order-1', items), lane('order-2', other)])).toBe(true);
    // Three attempts: 1, 2, 4 seconds.
    const keys = written[0]?.map(({ event, error, retryAt, attempts }) => [
      ...[event.id, error, retryAt, attempts],
    ]);
    expect(keys).toEqual([
      ['e1', 'away', 70 + 4 * second, 3],
      ['e2', null, null, 0],
      ['e5', 'away', 70 + second, 1],
    ]);
    expect(written).toHaveLength(1);
    expect(told).toEqual([
      ...['rest order-1 4000 e1,e2', 'finished e1', 'finished e2'],
      ...['rest order-2 1000 e5', 'finished e5'],
    ]);
    expect(counters).toEqual({ eventsParked: 0, eventsPutAside: 3 });
  });

  it('writes nothing for a lane without events, which rests as after one attempt', async () => {
    const { place, told, written, lane } = parking();
    expect(await place.putAside([lane('order-1', [])])).toBe(true);
    expect(written).toEqual([[]]);
    expect(told).toEqual(['rest order-1 1000 ']);
  });

  it('leaves what comes from the parking lot, and waits behind the first, where it is', async () => {
    const { place, written, lane } = parking();
    const items = [1, 2, 3].map((version) => failing(version, { isFromParking: version < 3 }));
    await place.putAside([lane('order-1', items)]);
    expect(written[0]?.map(({ event }) => event.id)).toEqual(['e1', 'e3']);
  });

  it('without the lease has nothing rest: it is the next owner that goes on', async () => {
    const { place, told, counters, lanes, test } = parking();
    test.isOurs = false;
    expect(await place.putAside(lanes(1))).toBe(true);
    expect(told).toEqual(['lose']);
    expect(counters.eventsPutAside).toBe(0);
  });

  it('that fails is told to the log, and nothing rests', async () => {
    const { place, told, warnings, counters, lanes, test } = parking();
    const error = new Error('away');
    test.park = () => Promise.reject(error);
    expect(await place.putAside(lanes(1))).toBe(false);
    expect(warnings).toEqual([
      ['Events could not be put aside; trying again.', { subscription: 'mailer', error }],
    ]);
    expect(told).toEqual([]);
    expect(counters.eventsPutAside).toBe(0);
  });

  it.each([
    ['somebody asked again meanwhile', [parkedEvent(1, { requeues: 2 })], 0],
    ['nobody did', [parkedEvent(1, { requeues: 1 })], 4000],
    ['another event is the first by now', [parkedEvent(2, { requeues: 2 })], 4000],
    ['none is left', [], 4000],
    ['it cannot be found out', undefined, 4000],
  ])(
    'lets a lane that came from the lot rest as long as is right when %s',
    async (_, lot, restMs) => {
      const { place, told, lane, test } = parking();
      test.parked = () =>
        lot === undefined ? Promise.reject(new Error('away')) : Promise.resolve(lot);
      await place.putAside([lane('order-1', [failing(1, { isFromParking: true, requeues: 1 })])]);
      expect(told).toEqual([
        ...['parked mailer 1 order-1', `rest order-1 ${restMs} e1`, 'finished e1'],
      ]);
    },
  );
});

describe('making room', () => {
  it('waits until a hundred orders fail alone, unless nothing else is in the window', async () => {
    const few = parking();
    expect(await few.freeCapacity(few.lanes(99))).toBe(false);
    expect(few.told).toEqual([]);
    few.test.isStuck = true;
    expect(await few.freeCapacity(few.lanes(1))).toBe(true);
    expect(few.told).toEqual([
      ...['freeze order-0', 'rest order-0 4000 e1', 'finished e1', 'thaw order-0'],
    ]);
    const many = parking();
    expect(await many.freeCapacity(many.lanes(100))).toBe(true);
    expect(many.sizes()).toEqual([100]);
  });

  it('makes none when none fails alone', async () => {
    const { freeCapacity, test, told, lane } = parking();
    test.isStuck = true;
    expect(await freeCapacity([])).toBe(false);
    const others = [
      lane('order-1', [failing(1)], false),
      lane('order-2', [failing(1, { failsAlone: false }), failing(2)]),
      lane('order-3', []),
    ];
    expect(await freeCapacity(others)).toBe(false);
    expect(told).toEqual([]);
  });

  it('leaves alone those that do not wait, and those that do not fail alone', async () => {
    const { freeCapacity, test, told, lane, lanes } = parking();
    test.isStuck = true;
    await freeCapacity([lane('order-9', [failing(9)], false), ...lanes(1)]);
    expect(told.filter((what) => what.startsWith('freeze'))).toEqual(['freeze order-0']);
  });

  it('makes none when fifty thousand orders are put aside', async () => {
    const { freeCapacity, test, told, lanes } = parking();
    test.isStuck = true;
    test.asideCount = 50_000;
    expect(await freeCapacity(lanes(1))).toBe(false);
    expect(told).toEqual([]);
    test.asideCount = 49_999;
    expect(await freeCapacity(lanes(1))).toBe(true);
  });

  it('writes two hundred events at once, more only where one order has them', async () => {
    const single = parking();
    await single.freeCapacity(single.lanes(401));
    expect(single.sizes()).toEqual([200, 200, 1]);
    const several = parking();
    await several.freeCapacity(several.lanes(100, 3));
    // 67 lanes are the first with 200 or more.
    expect(several.sizes()).toEqual([201, 99]);
    const large = parking();
    large.test.isStuck = true;
    await large.freeCapacity(large.lanes(2, 500));
    expect(large.sizes()).toEqual([500, 500]);
  });

  it('ends with the first batch that cannot be written, and everybody goes on', async () => {
    const { freeCapacity, told, lanes, test } = parking();
    test.park = () => Promise.reject(new Error('away'));
    expect(await freeCapacity(lanes(201))).toBe(false);
    expect(told.filter((what) => what.startsWith('freeze'))).toHaveLength(201);
    expect(told.filter((what) => what.startsWith('thaw'))).toHaveLength(201);
    expect(told).toHaveLength(402);
  });
});
