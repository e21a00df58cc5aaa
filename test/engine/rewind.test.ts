import {
  createMemoryStore,
  type OrderEngine,
  PermanentHandlerError,
  type Subscription,
} from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Group } from './group.ts';
import { annotate, gate, place, sharedStore, testEngine, turns, until } from './kit.ts';
import { partitionedStore } from './partitioned-store.ts';

const minute = 60_000;

/** A subscription that notes what it was told, of a feed with one partition. */
async function noting(options: object = {}) {
  const inMemory = sharedStore(createMemoryStore());
  const { engine, clock, store, log } = await testEngine({ store: inMemory });
  const told: string[] = [];
  const subscription = await engine.subscribe({
    name: 'notes',
    from: 'beginning',
    handler: ({ orderId, version }) => {
      told.push(`${orderId}/${version}`);
    },
    ...options,
  });
  return { engine, clock, store, log, told, subscription };
}

describe('rewinding a subscription', () => {
  it('to the beginning handles everything again, in order', async () => {
    const { engine, told } = await noting();
    for (const id of ['order-1', 'order-2']) await engine.execute(place(id));
    await engine.execute(annotate('order-1', 'x'));
    await engine.idle();
    await engine.subscriptions.rewind('notes', 'beginning');
    await engine.idle();
    const all = ['order-1/1', 'order-2/1', 'order-1/2'];
    expect(told).toEqual([...all, ...all]);
  });

  it('to a time handles what was recorded from then on again', async () => {
    const { engine, clock, told } = await noting();
    await engine.execute(place('order-1'));
    clock.advanceBy(minute);
    const time = clock.now();
    await engine.execute(place('order-2'));
    await engine.idle();
    await engine.subscriptions.rewind('notes', { time });
    await engine.idle();
    expect(told).toEqual(['order-1/1', 'order-2/1', 'order-2/1']);
  });

  it('to now passes over what it has not handled', async () => {
    const { engine, told, subscription } = await noting();
    await subscription.close();
    for (const id of ['order-1', 'order-2']) await engine.execute(place(id));
    await engine.subscriptions.rewind('notes', 'now');
    await engine.subscribe({
      name: 'notes',
      from: 'beginning',
      handler: ({ orderId }) => {
        told.push(orderId);
      },
    });
    await engine.execute(place('order-3'));
    await engine.idle();
    expect(told).toEqual(['order-3']);
  });

  it('to positions moves those partitions, forwards too', async () => {
    const group = new Group(partitionedStore(2));
    const engine = await group.join();
    await group.placeAll(8);
    await group.pass(2000);
    group.told.length = 0;
    await engine.subscriptions.rewind('mailer', { positions: { 1: 2 } });
    await group.pass(2000);
    expect(group.told.map(({ orderId }) => orderId)).toEqual(['order-5', 'order-7']);
  });

  it('leaves an event that is being handled its time, and handles no order twice at once', async () => {
    const hold = gate();
    onTestFinished(hold.open);
    let running = 0;
    let most = 0;
    const { engine, told } = await noting({
      handler: async ({ orderId }: { orderId: string }) => {
        running += 1;
        most = Math.max(most, running);
        await hold.opened;
        running -= 1;
        told.push(orderId);
      },
    });
    await engine.execute(place('order-1'));
    await until(() => running === 1);
    const rewinding = engine.subscriptions.rewind('notes', 'beginning');
    await turns();
    hold.open();
    await rewinding;
    await engine.idle();
    expect(told).toEqual(['order-1', 'order-1']);
    expect(most).toBe(1);
  });

  it('works on a subscription of another process, which follows within a third of its lease', async () => {
    const group = new Group();
    await group.join();
    await group.placeAll(4);
    await group.pass(2000);
    const { engine: operator } = await testEngine({ store: group.store, clock: group.clock });
    await operator.subscriptions.rewind('mailer', 'beginning');
    await group.pass(7000);
    expect(group.told.map(({ orderId }) => orderId).sort()).toEqual(
      ['order-0', 'order-1', 'order-2', 'order-3'].flatMap((id) => [id, id]),
    );
  });

  it('keeps parked orders parked, with their errors, until they are retried in order', async () => {
    let isPoison = true;
    const { engine, told } = await noting({
      handler: ({ orderId, version }: { orderId: string; version: number }) => {
        if (isPoison && version === 2) throw new PermanentHandlerError('poison');
        told.push(`${orderId}/${version}`);
      },
    });
    await engine.execute(place('order-1'));
    await engine.execute(annotate('order-1', 'x'));
    await engine.execute(annotate('order-1', 'y'));
    await engine.idle();
    expect(told).toEqual(['order-1/1']);
    await engine.subscriptions.rewind('notes', { positions: { 0: 1 } });
    await engine.idle();
    const parked = await engine.subscriptions.parked('notes');
    expect(parked.map(({ event, error }) => [event.version, error])).toEqual([
      [2, 'poison'],
      [3, null],
    ]);
    await engine.subscriptions.rewind('notes', 'beginning');
    await engine.idle();
    isPoison = false;
    await engine.subscriptions.retry('notes');
    await engine.idle();
    expect(told).toEqual(['order-1/1', 'order-1/1', 'order-1/2', 'order-1/3']);
  });

  it('is refused for what is not there', async () => {
    const { engine } = await noting();
    const { rewind } = engine.subscriptions;
    await expect(rewind('unknown', 'beginning')).rejects.toMatchObject({
      code: 'subscriptionUnknown',
    });
    await engine.execute(place('order-1'));
    for (const from of [
      'end',
      { positions: { 0: 2 } },
      { positions: { 1: 0 } },
      { positions: { a: 0 } },
      { positions: { 0: -1 } },
      { time: 'yesterday' },
    ]) {
      await expect(rewind('notes', from as never)).rejects.toMatchObject({
        code: 'invalidArgument',
      });
    }
  });
});

describe('removing a subscription', () => {
  it('takes its places and its parked events, so that its name begins anew', async () => {
    const { engine, store, subscription } = await noting({
      handler: () => {
        throw new PermanentHandlerError('poison');
      },
    });
    await engine.execute(place('order-1'));
    await engine.idle();
    expect(await engine.subscriptions.remove('notes')).toBe(false);
    await subscription.close();
    expect(await engine.subscriptions.remove('notes')).toBe(true);
    expect(await engine.subscriptions.parked('notes')).toEqual([]);
    expect(await store.subscriptions.checkpoints('notes')).toEqual([]);
    expect(await engine.subscriptions.remove('notes')).toBe(true);
  });

  it('is not done while another process runs it', async () => {
    const group = new Group();
    await group.join();
    const { engine: operator } = await testEngine({ store: group.store, clock: group.clock });
    expect(await operator.subscriptions.remove('mailer')).toBe(false);
    await group.members[0]?.engine.close();
    expect(await operator.subscriptions.remove('mailer')).toBe(true);
  });
});

describe('a subscription that is waited for', () => {
  it('has caught up when everything of the time of the call is handled', async () => {
    const hold = gate();
    const { engine, subscription, told } = await noting({
      handler: async ({ orderId }: { orderId: string }) => {
        await hold.opened;
        told.push(orderId);
      },
    });
    await engine.execute(place('order-1'));
    await engine.execute(place('order-2'));
    let isThere = false;
    const waiting = subscription.caughtUp().then(() => {
      isThere = true;
    });
    await turns();
    expect(isThere).toBe(false);
    hold.open();
    await waiting;
    expect(told).toEqual(['order-1', 'order-2']);
    await subscription.caughtUp();
  });

  it('is not kept waiting by what comes later, nor by what is parked', async () => {
    const hold = gate();
    const { engine, subscription } = await noting({
      handler: async ({ orderId }: { orderId: string }) => {
        if (orderId === 'order-1') throw new PermanentHandlerError('poison');
        if (orderId === 'later') await hold.opened;
      },
    });
    onTestFinished(hold.open);
    await engine.execute(place('order-1'));
    const waiting = subscription.caughtUp();
    await turns();
    void engine.execute(place('later'));
    await waiting;
  });

  it('knows by the checkpoints how far other processes are', async () => {
    const group = new Group(partitionedStore(4));
    await group.join();
    await group.join();
    await group.pass(2000);
    const hold = gate();
    group.handle = ({ by }) => (by === 1 ? hold.opened : undefined);
    await group.placeAll(8);
    let isThere = false;
    const waiting = group.members[0]?.subscription.caughtUp().then(() => {
      isThere = true;
    });
    await group.clock.runTo(group.clock.now() + 3000, () => turns());
    expect(isThere).toBe(false);
    hold.open();
    await group.clock.runTo(group.clock.now() + 3000, () => turns());
    await waiting;
    expect(group.told).toHaveLength(8);
  });

  it('arrives also where the last events are of no interest to it', async () => {
    const store = partitionedStore(2);
    const clock = createMovableClock();
    const engines: OrderEngine[] = [];
    const subscriptions: Subscription[] = [];
    for (let count = 0; count < 2; count += 1) {
      clock.advanceBy(1);
      const { engine } = await testEngine({ store, clock });
      engines.push(engine);
      const options = {
        name: 'paid',
        from: 'beginning',
        types: ['payment.captured'],
        handler: () => {},
      } as const;
      subscriptions.push(await engine.subscribe(options));
    }
    const settle = async () => {
      for (const engine of engines) await engine.idle();
    };
    await clock.runTo(clock.now() + 3000, settle);
    for (const id of ['order-0', 'order-1']) await engines[0]?.execute(place(id));
    const waiting = subscriptions[0]?.caughtUp();
    await clock.runTo(clock.now() + 10_000, settle);
    await waiting;
  });

  it('tells those who wait when it is closed', async () => {
    const hold = gate();
    const { engine, subscription } = await noting({ handler: () => hold.opened });
    onTestFinished(hold.open);
    await engine.execute(place('order-1'));
    const waiting = subscription.caughtUp();
    const refused = expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    await turns();
    void subscription.close();
    await refused;
    await expect(subscription.caughtUp()).rejects.toMatchObject({ code: 'subscriptionUnknown' });
  });
});
