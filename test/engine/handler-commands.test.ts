import { createMemoryStore, type OrderEvent, type OrderStore } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { delegateStore } from '../../src/testing/delegate.ts';
import { faultyStore } from '../../src/testing/faults.ts';
import { all, annotate, captured, createStore, place, sharedStore, testEngine } from './kit.ts';

const second = 1000;
const trace = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'congo=t61rcWkgMzE, rojo=00f067aa0ba902b7',
};

describe('commands that a handler returns', () => {
  it('are executed once, and say what they belong to', async () => {
    const store = sharedStore();
    const { engine, clock } = await testEngine({ store });
    const options = {
      name: 'reactor',
      from: 'beginning',
      types: ['order.placed'],
      handler: ({ orderId }: OrderEvent<string, object>) => [
        annotate(orderId, 'first'),
        annotate(orderId, 'second'),
      ],
    } as const;
    await engine.subscribe(options);
    await engine.execute(place('order-1'), { correlationId: 'conversation-1', trace });
    await engine.idle();
    const [placed, ...notes] = await all(engine.history('order-1'));
    expect(notes.map(({ data }) => data)).toEqual([
      { metadata: { note: 'first' } },
      { metadata: { note: 'second' } },
    ]);
    for (const note of notes) {
      expect(note).toMatchObject({
        causationId: placed?.id,
        correlationId: 'conversation-1',
        trace,
      });
    }
    // A crash before the checkpoint: the event is told again, and the commands are known.
    const { engine: other } = await testEngine({ store: forgetful(store), clock });
    await other.subscribe(options);
    await other.idle();
    expect(other.stats().duplicates).toBe(2);
    expect(await all(engine.history('order-1'))).toHaveLength(3);
  });

  it('are executed once although the handler answers differently the second time', async () => {
    const store = sharedStore();
    const { engine, clock } = await testEngine({ store });
    const subscribe = (to: typeof engine, note: string) =>
      to.subscribe({
        name: 'reactor',
        from: 'beginning',
        types: ['order.placed'],
        handler: ({ orderId }) => annotate(orderId, note),
      });
    await subscribe(engine, 'one');
    await engine.execute(place('order-1'));
    await engine.idle();
    const { engine: other, log } = await testEngine({ store: forgetful(store), clock });
    await subscribe(other, 'another');
    await other.idle();
    expect(await all(engine.history('order-1'))).toHaveLength(2);
    expect(log).toMatchObject([
      { level: 'warn', message: expect.stringContaining('differs from the first') },
    ]);
  });

  it('that are refused are logged and counted, and the next one goes on', async () => {
    const { engine, log } = await testEngine();
    await engine.subscribe({
      name: 'reactor',
      from: 'beginning',
      types: ['order.placed'],
      handler: ({ orderId }) => [
        { type: 'order.release', orderId, reason: 'none' },
        annotate(orderId, 'x'),
      ],
    });
    await engine.execute(place('order-1'));
    await engine.idle();
    expect(await engine.get('order-1')).toMatchObject({ version: 2 });
    expect(engine.stats()).toMatchObject({ handlerCommandsRejected: 1, handlerRetries: 0 });
    expect(log).toMatchObject([
      {
        level: 'warn',
        message: 'A returned command was rejected; not retrying.',
        fields: { orderId: 'order-1' },
      },
    ]);
  });

  it('are tried again when the store fails, without asking the handler again', async () => {
    const { engine, clock } = await testEngine({
      store: faultyStore(createStore(), {
        plan: [undefined, 'unavailable', 'answerLost', undefined, 'requestLost'],
      }),
    });
    let calls = 0;
    await engine.subscribe({
      name: 'reactor',
      from: 'beginning',
      types: ['order.placed'],
      handler: ({ orderId }) => {
        calls += 1;
        return [annotate(orderId, `call ${calls}`), annotate(orderId, 'second')];
      },
    });
    await engine.execute(place('order-1'));
    await clock.runTo(clock.now() + 60 * second, () => engine.idle());
    const notes = (await all(engine.history('order-1'))).slice(1);
    expect(notes.map(({ data }) => data)).toEqual([
      { metadata: { note: 'call 1' } },
      { metadata: { note: 'second' } },
    ]);
    expect(calls).toBe(1);
  });

  it('may be for another order, and are for the tenant of the event', async () => {
    const { engine } = await testEngine();
    await engine.subscribe({
      name: 'reactor',
      from: 'beginning',
      types: ['order.confirmed'],
      handler: ({ orderId }) => place(`${orderId}-gift`),
    });
    await engine.execute(place('order-1'), { tenantId: 'shop' });
    await engine.execute(captured('order-1'), { tenantId: 'shop' });
    await engine.idle();
    expect(await engine.get('order-1-gift', { tenantId: 'shop' })).toBeDefined();
    expect(await engine.get('order-1-gift')).toBeUndefined();
  });
});

/** A store that has forgotten where subscriptions were, and nothing else: as after a crash. */
function forgetful(store: OrderStore): OrderStore {
  const { subscriptions } = createOpened();
  return { ...delegateStore(store), subscriptions };
}

function createOpened(): OrderStore {
  const store = createMemoryStore();
  void store.open();
  return store;
}
