import { describe, expect, it } from 'vitest';
import type { Lane } from '../../src/engine/subscriptions/handlers/lane.ts';
import { Lanes } from '../../src/engine/subscriptions/handlers/lanes.ts';
import { isFree, ParkedWatch, parkedPages } from '../../src/engine/subscriptions/parked-lanes.ts';
import type { ConsumerParts } from '../../src/engine/subscriptions/parts.ts';
import type { OrderKey, ParkedLanesQuery, ParkedOrder } from '../../src/store/store.ts';

const tenantId = 'default';
const keyOf = (orderId: string): OrderKey => ({ tenantId, orderId });
const keysOf = (count: number) =>
  Array.from({ length: count }, (_, index) => keyOf(`order-${String(index).padStart(5, '0')}`));

function parkedOrder(orderId: string, rest: Partial<ParkedOrder> = {}): ParkedOrder {
  return {
    ...{ tenantId, orderId, partition: 3, eventId: 'e1' },
    ...{ error: 'poison', attempts: 1, retryAt: null, requeues: 0, ...rest },
  };
}

/** Lanes that only note what they are told. */
function lanes() {
  const told: string[] = [];
  const newLane = (key: OrderKey, isParked: boolean) => {
    const tell = (what: string) => void told.push(`${what} ${key.orderId}`);
    const lane = {
      ...{ key, isParked, isWaiting: false, isFailing: false, items: [] as object[] },
      drain: () => tell('drain'),
      stop: () => tell('stop'),
      retryNow: () => tell('retry'),
      rest: (delayMs: number) => tell(`rest ${delayMs}`),
    };
    return lane as unknown as Lane;
  };
  const own = new Lanes(newLane);
  const change = (orderId: string, fields: object) =>
    Object.assign(own.of(keyOf(orderId), false), fields);
  return { lanes: own, told, change };
}

describe('the lanes of a partition', () => {
  it('are one for each order, made when it is asked for, until they are removed', () => {
    const { lanes: own } = lanes();
    expect(own.get(keyOf('order-1'))).toBeUndefined();
    const lane = own.of({ ...keyOf('order-1'), version: 3 } as OrderKey, true);
    expect(lane.key).toEqual(keyOf('order-1'));
    expect(lane.isParked).toBe(true);
    expect(own.of(keyOf('order-1'), false)).toBe(lane);
    expect(own.get(keyOf('order-1'))).toBe(lane);
    const foreign = own.of({ tenantId: 'other', orderId: 'order-1' }, false);
    expect(foreign).not.toBe(lane);
    expect([...own.all]).toEqual([lane, foreign]);
    expect(own.parked).toEqual([lane]);
    expect(own.parkedKeys).toEqual([keyOf('order-1')]);
    own.remove(lane);
    expect([...own.all]).toEqual([foreign]);
  });

  it('count the events of those that fail', () => {
    const { lanes: own, change } = lanes();
    expect(own.failingCount).toBe(0);
    change('order-1', { isFailing: true, items: [{}, {}] });
    change('order-2', { isFailing: false, items: [{}] });
    change('order-3', { isFailing: true, items: [{}] });
    expect(own.failingCount).toBe(3);
  });

  it('that are learned to be parked go on when they are free, or rest for what is left', () => {
    const { lanes: own, told } = lanes();
    const page = [
      parkedOrder('free', { error: null }),
      parkedOrder('refused'),
      parkedOrder('aside', { retryAt: 1500 }),
      parkedOrder('late', { retryAt: 900 }),
      // The text of why it failed may be missing; it waits for its time all the same.
      parkedOrder('odd', { error: null, retryAt: 1001 }),
    ];
    own.learn(page, 1000);
    expect(told).toEqual(['drain free', 'rest 500 aside', 'rest 0 late', 'rest 1 odd']);
    expect(own.parked).toHaveLength(5);
  });

  it('that are parked are drained when they are named, and others are left alone', () => {
    const { lanes: own, told, change } = lanes();
    change('order-1', { isParked: true });
    change('order-2', {});
    change('order-3', { isParked: true });
    own.drain(['order-1', 'order-2', 'unknown'].map(keyOf));
    expect(told).toEqual(['drain order-1']);
  });

  it('wait no longer when they are stopped, and those that wait are tried when asked for', () => {
    const { lanes: own, told, change } = lanes();
    change('order-1', { isWaiting: true });
    change('order-2', {});
    own.retryWaiting();
    expect(told.splice(0)).toEqual(['retry order-1']);
    own.stopWaits();
    expect(told).toEqual(['stop order-1', 'stop order-2']);
  });
});

/** A parking lot with these orders. */
function lot(orders: readonly ParkedOrder[]) {
  const queries: ParkedLanesQuery[] = [];
  const test = { orders, fails: false };
  const parkedLanes = async (query: ParkedLanesQuery) => {
    queries.push(query);
    if (test.fails) throw new Error('away');
    const { after, limit } = query;
    const rest = test.orders.filter(
      ({ orderId }) => after === undefined || orderId > after.orderId,
    );
    return rest.slice(0, limit);
  };
  const parts = {
    settings: { name: 'mailer' },
    store: { subscriptions: { parkedLanes } },
  } as unknown as ConsumerParts;
  const afters = () => queries.splice(0).map(({ after }) => after?.orderId);
  return { parts, queries, test, afters, watch: new ParkedWatch(parts, 3) };
}

const refused = (count: number) => keysOf(count).map(({ orderId }) => parkedOrder(orderId));

describe('the pages of parked orders', () => {
  it.each([
    [0, [0]],
    [999, [999]],
    [1000, [1000, 0]],
    [2001, [1000, 1000, 1]],
  ])('of %i orders end with the first that is not full', async (count, lengths) => {
    const { parts, queries } = lot(refused(count));
    const pages: (readonly ParkedOrder[])[] = [];
    for await (const page of parkedPages(parts, 3)) pages.push(page);
    expect(pages.map(({ length }) => length)).toEqual(lengths);
    const after = count < 1000 ? undefined : 'order-00999';
    expect(queries[0]).toEqual({ subscription: 'mailer', partition: 3, limit: 1000 });
    expect(queries[1]?.after?.orderId).toEqual(after);
  });

  it.each([
    [null, null, true],
    ['poison', null, false],
    [null, 5, false],
    ['away', 5, false],
  ])(
    'say of an order with the error %j and the time %j whether it is free',
    (error, retryAt, is) => {
      expect(isFree({ error, retryAt })).toBe(is);
    },
  );
});

describe('a look for what somebody has done about parked orders', () => {
  it('finds those that are free, and those that are not parked any more', async () => {
    const { watch } = lot([parkedOrder('asked', { error: null }), parkedOrder('refused')]);
    const known = ['asked', 'refused', 'skipped'].map(keyOf);
    const freed = await watch.freed(known, 1);
    expect(freed.map(({ orderId }) => orderId)).toEqual(['asked', 'skipped']);
  });

  it('goes on with the next page at the next look, and begins again after the last', async () => {
    const { watch, test, afters } = lot(refused(2500));
    const known = [...keysOf(2500), keyOf('skipped')];
    expect(await watch.freed(known, 1)).toEqual([]);
    expect(afters()).toEqual([undefined]);
    // What is parked only now is not taken for one that was skipped.
    expect(await watch.freed([...known, keyOf('parked meanwhile')], 1)).toEqual([]);
    expect(afters()).toEqual(['order-00999']);
    expect(await watch.freed(known, 1)).toEqual([keyOf('skipped')]);
    expect(afters()).toEqual(['order-01999']);
    test.orders = refused(2499);
    expect(await watch.freed(keysOf(2500), 2)).toEqual([]);
    expect(await watch.freed([], 2)).toEqual([keyOf('order-02499')]);
    expect(afters()).toEqual([undefined, 'order-00999', 'order-01999']);
  });

  it('looks at all pages when asked for as many as there are, and at none when for none', async () => {
    const { watch, afters } = lot(refused(2500));
    expect(await watch.freed([keyOf('skipped')], 0)).toEqual([]);
    expect(afters()).toEqual([]);
    const freed = await watch.freed([], Number.POSITIVE_INFINITY);
    expect(freed).toEqual([keyOf('skipped')]);
    expect(afters()).toEqual([undefined, 'order-00999', 'order-01999']);
  });

  it('takes nobody for free when a page cannot be read, and begins again', async () => {
    const { watch, test, afters } = lot(refused(1500));
    expect(await watch.freed([...keysOf(1500), keyOf('skipped')], 1)).toEqual([]);
    test.fails = true;
    await expect(watch.freed([], 1)).rejects.toThrow('away');
    test.fails = false;
    // From the first page, with the orders that are parked by now.
    afters();
    expect(await watch.freed(keysOf(1500), 2)).toEqual([]);
    expect(afters()).toEqual([undefined, 'order-00999']);
  });
});
