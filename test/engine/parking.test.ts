import { type OrderEngine, type OrderEvent, PermanentHandlerError } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { annotate, place, sharedStore, testEngine } from './kit.ts';

/** A handler that refuses the orders in `poison` for good, and notes what it handled. */
function pickyHandler() {
  const told: string[] = [];
  const poison = new Set<string>();
  const handler = ({ orderId, version }: OrderEvent<string, object>): void => {
    if (poison.has(orderId)) throw new PermanentHandlerError(`${orderId} is poison`);
    told.push(`${orderId}/${version}`);
  };
  return { told, poison, options: { name: 'picky', from: 'beginning' as const, handler } };
}

const versionsOf = async (engine: OrderEngine) =>
  (await engine.subscriptions.parked('picky')).map(
    ({ event, error }) => `${event.orderId}/${event.version} ${error ?? 'waits'}`,
  );

describe('an event that a handler refuses for good', () => {
  it('is parked with the later ones of its order, and nothing else is held up', async () => {
    const { engine, log } = await testEngine();
    const { told, poison, options } = pickyHandler();
    poison.add('order-500');
    const subscription = await engine.subscribe(options);
    const ids = Array.from({ length: 1000 }, (_, index) => `order-${index}`);
    await Promise.all(ids.map((id) => engine.execute(place(id))));
    await engine.execute(annotate('order-500', 'x'));
    await engine.execute(annotate('order-501', 'x'));
    await engine.idle();
    expect(told).toHaveLength(1000);
    expect(await versionsOf(engine)).toEqual([
      'order-500/1 order-500 is poison',
      'order-500/2 waits',
    ]);
    expect(subscription.status().partitions[0]).toMatchObject({
      position: 1002,
      unfinished: 0,
      parkedLanes: 1,
    });
    expect(log).toMatchObject([
      {
        level: 'error',
        message: 'An event failed permanently and is parked.',
        fields: { orderId: 'order-500' },
      },
    ]);
  });

  it('is tried again when asked for, and the others go on behind it, in order', async () => {
    const { engine } = await testEngine();
    const { told, poison, options } = pickyHandler();
    poison.add('order-1').add('order-2');
    await engine.subscribe(options);
    for (const id of ['order-1', 'order-2']) {
      await engine.execute(place(id));
      await engine.execute(annotate(id, 'x'));
    }
    await engine.idle();
    poison.delete('order-1');
    expect(await engine.subscriptions.retry('picky', { orderId: 'order-1' })).toBe(1);
    await engine.execute(annotate('order-1', 'y'));
    await engine.idle();
    expect(told).toEqual(['order-1/1', 'order-1/2', 'order-1/3']);
    expect(await versionsOf(engine)).toEqual(['order-2/1 order-2 is poison', 'order-2/2 waits']);
    // Asked for too early: it stays where it is.
    expect(await engine.subscriptions.retry('picky')).toBe(1);
    await engine.idle();
    expect(await versionsOf(engine)).toEqual(['order-2/1 order-2 is poison', 'order-2/2 waits']);
    poison.clear();
    expect(await engine.subscriptions.retry('picky')).toBe(1);
    await engine.idle();
    expect(told.slice(3)).toEqual(['order-2/1', 'order-2/2']);
    expect(await engine.subscriptions.retry('picky')).toBe(0);
    expect(await engine.subscriptions.retry('picky', { orderId: 'order-2' })).toBe(0);
  });

  it('is skipped when asked for, and the others go on', async () => {
    const { engine } = await testEngine();
    const { told, poison, options } = pickyHandler();
    poison.add('order-1');
    await engine.subscribe(options);
    await engine.execute(place('order-1'));
    await engine.execute(annotate('order-1', 'x'));
    await engine.idle();
    const [first] = await engine.subscriptions.parked('picky', { limit: 1 });
    poison.clear();
    expect(await engine.subscriptions.skip('picky', first?.event.id ?? '')).toBe(true);
    expect(await engine.subscriptions.skip('picky', first?.event.id ?? '')).toBe(false);
    await engine.execute(annotate('order-1', 'y'));
    await engine.idle();
    expect(told).toEqual(['order-1/2', 'order-1/3']);
    expect(await versionsOf(engine)).toEqual([]);
  });

  it('that is the only one frees its order when it is skipped', async () => {
    const { engine } = await testEngine();
    const { told, poison, options } = pickyHandler();
    poison.add('order-1');
    const subscription = await engine.subscribe(options);
    await engine.execute(place('order-1'));
    await engine.idle();
    const [first] = await engine.subscriptions.parked('picky');
    poison.clear();
    await engine.subscriptions.skip('picky', first?.event.id ?? '');
    await engine.idle();
    expect(subscription.status().partitions[0]).toMatchObject({ parkedLanes: 0 });
    await engine.execute(annotate('order-1', 'x'));
    await engine.idle();
    expect(told).toEqual(['order-1/2']);
  });

  it('stays parked over a restart, and so do those that come later', async () => {
    const store = sharedStore();
    const { engine, clock } = await testEngine({ store });
    const { told, poison, options } = pickyHandler();
    poison.add('order-1');
    await engine.subscribe(options);
    await engine.execute(place('order-1'));
    await engine.idle();
    await engine.close();
    const { engine: restarted } = await testEngine({ store, clock });
    await restarted.execute(annotate('order-1', 'x'));
    poison.clear();
    await restarted.subscribe(options);
    await restarted.execute(annotate('order-1', 'y'));
    await restarted.idle();
    expect(told).toEqual([]);
    expect(await versionsOf(restarted)).toEqual([
      'order-1/1 order-1 is poison',
      'order-1/2 waits',
      'order-1/3 waits',
    ]);
    await restarted.subscriptions.retry('picky');
    await restarted.idle();
    expect(told).toEqual(['order-1/1', 'order-1/2', 'order-1/3']);
  });

  it('may be one whose returned command is none', async () => {
    const { engine } = await testEngine();
    await engine.subscribe({
      name: 'picky',
      from: 'beginning',
      types: ['order.placed'],
      handler: ({ orderId }) => ({ type: 'order.explode', orderId }) as never,
    });
    await engine.execute(place('order-1'));
    await engine.idle();
    expect(await versionsOf(engine)).toEqual([expect.stringMatching(/order-1\/1 .*known type/)]);
  });

  it('hundreds behind each other come back in order', async () => {
    const { engine } = await testEngine();
    const { told, poison, options } = pickyHandler();
    poison.add('order-1');
    await engine.subscribe(options);
    await engine.execute(place('order-1'));
    for (let note = 0; note < 300; note += 1) await engine.execute(annotate('order-1', `${note}`));
    await engine.idle();
    poison.clear();
    await engine.subscriptions.retry('picky');
    await engine.idle();
    expect(told).toEqual(Array.from({ length: 301 }, (_, index) => `order-1/${index + 1}`));
    expect(await versionsOf(engine)).toEqual([]);
  });

  it('is told by its brand, also from another copy of the package', async () => {
    const { engine } = await testEngine();
    const foreign = new Error('from another copy');
    Object.defineProperty(foreign, Symbol.for('orderchart.permanentHandlerError'), { value: true });
    await engine.subscribe({
      name: 'picky',
      from: 'beginning',
      handler: () => {
        throw foreign;
      },
    });
    await engine.execute(place('order-1'));
    await engine.idle();
    expect(await versionsOf(engine)).toEqual(['order-1/1 from another copy']);
  });
});

it('what runs in no subscription here cannot be retried or skipped', async () => {
  const { engine } = await testEngine();
  const unknown = { code: 'subscriptionUnknown' };
  await expect(engine.subscriptions.retry('nobody')).rejects.toMatchObject(unknown);
  await expect(engine.subscriptions.skip('nobody', 'event')).rejects.toMatchObject(unknown);
  expect(await engine.subscriptions.parked('nobody')).toEqual([]);
});
