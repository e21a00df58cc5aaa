import { describe, expect, it } from 'vitest';
import { Subscriptions } from '../../src/engine/subscriptions/subscriptions.ts';
import { Tenants } from '../../src/engine/tenants.ts';
import { subscribing } from './subscription-kit.ts';
import { gate } from './turns.ts';

// All subscriptions of an engine, by name, and what an operator asks of them.

const handler = () => {};
const options = { name: 'mailer', from: 'beginning', handler };

function engine() {
  const world = subscribing();
  return {
    ...world,
    subscriptions: new Subscriptions(world.parts, new Tenants({ defaultTenantId: 'tenant' })),
  };
}

const startsWith = (told: readonly string[], what: string) =>
  told.filter((one) => one.startsWith(what));

describe('the subscriptions of an engine', () => {
  it('run once each, by name', async () => {
    const { subscriptions } = engine();
    await subscriptions.subscribe(options);
    await expect(subscriptions.subscribe(options)).rejects.toMatchObject({
      code: 'invalidArgument',
      message:
        "A subscription 'mailer' already runs in this engine; use another name, or close that one.",
      details: { name: 'mailer' },
    });
    expect((await subscriptions.subscribe({ ...options, name: 'other' })).name).toBe('other');
  });

  it('may begin again after they were closed', async () => {
    const { subscriptions, news } = engine();
    const one = await subscriptions.subscribe(options);
    await subscriptions.subscribe({ ...options, name: 'other' });
    await one.close();
    await news();
    await subscriptions.subscribe(options);
    expect(startsWith(await news(), 'acquire')).toHaveLength(3);
  });

  it('may begin again when they could not start', async () => {
    const { subscriptions, test } = engine();
    test.filter = 'order.placed';
    await expect(subscriptions.subscribe(options)).rejects.toMatchObject({
      code: 'subscriptionChanged',
    });
    test.filter = '*';
    await subscriptions.subscribe(options);
  });

  it('count as something going on while they start', async () => {
    const { subscriptions, test, activity, news } = engine();
    const hold = gate();
    test.join = () => hold.opened;
    void subscriptions.subscribe(options);
    await news();
    let isIdle = false;
    void activity.idle().then(() => {
      isIdle = true;
    });
    await news();
    expect(isIdle).toBe(false);
    hold.open();
    await news();
    expect(isIdle).toBe(true);
  });

  it('end with the engine, those that are starting included', async () => {
    const { subscriptions, test, news } = engine();
    await subscriptions.subscribe(options);
    const hold = gate();
    test.join = () => hold.opened;
    const starting = subscriptions.subscribe({ ...options, name: 'other' });
    await news();
    let isClosed = false;
    const closing = subscriptions.close().then(() => {
      isClosed = true;
    });
    await news();
    expect(isClosed).toBe(false);
    hold.open();
    await closing;
    expect(startsWith(await news(), 'leave')).toEqual(['leave']);
    await starting;
  });

  it('end with the engine also when one cannot start', async () => {
    const { subscriptions, test } = engine();
    test.filter = 'order.placed';
    const starting = expect(subscriptions.subscribe(options)).rejects.toThrow();
    await subscriptions.close();
    await starting;
  });

  it('read what was committed while they started, and are woken from then until they close', async () => {
    const { subscriptions, news } = engine();
    const one = await subscriptions.subscribe(options);
    const reads = async () => startsWith(await news(), 'read').toSorted();
    const each = ['read 0', 'read 1', 'read 2'];
    const twice = ['read 0', 'read 0', 'read 1', 'read 1', 'read 2', 'read 2'];
    expect(await reads()).toEqual(twice);
    subscriptions.wake();
    expect(await reads()).toEqual(each);
    subscriptions.heard();
    expect(await reads()).toEqual(each);
    await subscriptions.subscribe({ ...options, name: 'other' });
    await news();
    subscriptions.wake();
    expect(await reads()).toEqual(twice);
    await one.close();
    await news();
    let woken = 0;
    Reflect.set(one, 'wake', () => {
      woken += 1;
    });
    subscriptions.wake();
    expect(await reads()).toEqual(each);
    expect(woken).toBe(0);
  });

  it('begin anew when the store was set back, all of them', async () => {
    const { subscriptions, news, pass } = engine();
    await subscriptions.subscribe(options);
    await subscriptions.subscribe({ ...options, name: 'other' });
    await news();
    const ready = gate();
    const resetting = subscriptions.reset(ready.opened);
    await pass(1000);
    expect(await news()).not.toContain('acquire 0 from 0');
    ready.open();
    await resetting;
    await pass(1000);
    expect(startsWith(await news(), 'acquire')).toHaveLength(6);
  });

  it('that keep read models run where the store has transactions', async () => {
    const { subscriptions, parts, news } = engine();
    Reflect.set(parts.store.subscriptions, 'project', async () => undefined);
    const totals = await subscriptions.project({ name: 'totals', handler });
    expect(totals.name).toBe('totals');
    expect(totals.status().partitions.every(({ isOurs }) => isOurs)).toBe(true);
    expect(startsWith(await news(), 'acquire')).toHaveLength(3);
  });

  it('that keep read models need a store with transactions', async () => {
    const { subscriptions, news } = engine();
    await expect(subscriptions.project({ name: 'totals', handler })).rejects.toMatchObject({
      code: 'invalidArgument',
      message:
        "The store 'noting' has no transactions, so a projection cannot write its checkpoint in one. " +
        'Use subscribe, with a handler that may get an event twice.',
      details: { store: 'noting' },
    });
    expect(await news()).toEqual([]);
  });
});

describe('what an operator asks', () => {
  it('about parked events goes to the store, with a limit', async () => {
    const { subscriptions, news } = engine();
    expect(await subscriptions.parked('mailer')).toEqual([]);
    await subscriptions.parked('mailer', { limit: 1 });
    await subscriptions.parked('mailer', { limit: 1000 });
    expect(await news()).toEqual(
      [100, 1, 1000].map((limit) => `parked mailer ${limit} all 8000000`),
    );
    const wrong = (message: RegExp) => ({ message: expect.stringMatching(message) });
    for (const limit of [0, 1001, 1.5]) {
      const refused = subscriptions.parked('mailer', { limit });
      await expect(refused).rejects.toMatchObject(wrong(/The options of parked \(limit\)/));
    }
    const surplus = subscriptions.parked('mailer', { limits: 1 } as never);
    await expect(surplus).rejects.toMatchObject(wrong(/The options of parked/));
    await expect(subscriptions.parked('a/b')).rejects.toMatchObject(
      wrong(/The name of the subscription/),
    );
  });

  it('to try again goes to the store, and to whoever runs here', async () => {
    const { subscriptions, news, test } = engine();
    const rest = {
      partition: 0,
      eventId: 'e1',
      error: 'no',
      attempts: 1,
      retryAt: null,
      requeues: 0,
    };
    test.parkedOrders = ['order-1', 'order-2', 'order-3'].map((orderId) => ({
      ...{ tenantId: orderId === 'order-2' ? 'other' : 'tenant', orderId, ...rest },
    }));
    await subscriptions.subscribe(options);
    await news();
    expect(await subscriptions.retry('mailer', { orderId: 'order-1' })).toBe(4);
    expect(await news()).toEqual([
      ...['requeue mailer tenant/order-1', 'parked mailer 64 tenant/order-1 1000000'],
    ]);
    await subscriptions.retry('mailer', { orderId: 'order-2', tenantId: 'other' });
    expect(await news()).toEqual([
      ...['requeue mailer other/order-2', 'parked mailer 64 other/order-2 1000000'],
    ]);
    await subscriptions.retry('mailer');
    expect(await news()).toEqual([
      ...['requeue mailer all', 'parked mailer 64 tenant/order-3 1000000'],
    ]);
    const surplus = { orderId: 'order-1', customerId: 'x' } as never;
    await expect(subscriptions.retry('mailer', surplus)).rejects.toThrow('order to retry');
    await expect(subscriptions.retry('mailer', { orderId: '' })).rejects.toThrow('order to retry');
    const noTenant = { orderId: 'order-1', tenantId: '' };
    await expect(subscriptions.retry('mailer', noTenant)).rejects.toThrow('order to retry');
  });

  it('to skip goes to the store, and who runs here looks what has become free', async () => {
    const { subscriptions, news, test } = engine();
    await subscriptions.subscribe(options);
    await news();
    expect(await subscriptions.skip('mailer', 'e1')).toBe(true);
    expect(await news()).toEqual(['skip mailer e1', ...[0, 1, 2].map((one) => `look ${one}`)]);
    test.wasParked = false;
    expect(await subscriptions.skip('mailer', 'e1')).toBe(false);
    expect(await news()).toEqual(['skip mailer e1']);
    await expect(subscriptions.skip('mailer', '')).rejects.toThrow('The event id');
  });

  it('to rewind has who runs here let go of each partition meanwhile', async () => {
    const { subscriptions, news } = engine();
    await subscriptions.subscribe(options);
    await news();
    await subscriptions.rewind('mailer', { positions: { 1: 7 } });
    expect(await news()).toEqual([
      ...['release 1', 'rewind mailer 1 7', 'acquire 1 from 0', 'look 1', 'read 1'],
    ]);
  });

  it('of a subscription that runs elsewhere goes to the store alone', async () => {
    const { subscriptions, news, test } = engine();
    test.checkpoints = [{ partition: 0, position: 3 }];
    await subscriptions.rewind('mailer', 'beginning');
    expect(await news()).toEqual([0, 1, 2].map((partition) => `rewind mailer ${partition} 0`));
    await subscriptions.retry('mailer');
    await subscriptions.skip('mailer', 'e1');
    expect(await news()).toEqual(['requeue mailer all', 'skip mailer e1']);
  });

  it('of one that nobody has ever run is refused', async () => {
    const { subscriptions, news } = engine();
    const unknown = { code: 'subscriptionUnknown', details: { name: 'mailer' } };
    await expect(subscriptions.retry('mailer')).rejects.toMatchObject(unknown);
    await expect(subscriptions.skip('mailer', 'e1')).rejects.toMatchObject(unknown);
    await expect(subscriptions.rewind('mailer', 'now')).rejects.toMatchObject(unknown);
    await expect(subscriptions.retry('a/b')).rejects.toThrow('The name of the subscription');
    await expect(subscriptions.remove('a/b')).rejects.toThrow('The name of the subscription');
    expect(await news()).toEqual([]);
  });

  it('to remove is refused while it runs here, and goes to the store else', async () => {
    const { subscriptions, news, test, clock } = engine();
    const one = await subscriptions.subscribe(options);
    await news();
    expect(await subscriptions.remove('mailer')).toBe(false);
    expect(await news()).toEqual([]);
    await one.close();
    await news();
    clock.advanceTo(60);
    expect(await subscriptions.remove('mailer')).toBe(true);
    test.isRemoved = false;
    expect(await subscriptions.remove('mailer')).toBe(false);
    expect(await news()).toEqual(['remove mailer 60', 'remove mailer 60']);
  });
});
