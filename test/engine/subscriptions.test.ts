import { createInProcessTransport, type OrderEvent } from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import { annotate, captured, gate, place, sharedStore, testEngine, turns, until } from './kit.ts';

const second = 1000;
const nameOf = ({ orderId, version }: OrderEvent<string, object>) => `${orderId}/${version}`;

describe('where a new subscription begins', () => {
  it.each(['subscribe', 'startPublishing'] as const)(
    'has to be said: %s without `from` is refused, with what it may be',
    async (method) => {
      const { engine, store } = await testEngine();
      await engine.execute(place('order-1'));
      const told: string[] = [];
      const transport = createInProcessTransport();
      const handler = ({ orderId }: { readonly orderId: string }) => void told.push(orderId);
      const options = {
        name: 'mailer',
        ...(method === 'startPublishing' ? { transport } : { handler }),
      };
      await expect(engine[method](options as never)).rejects.toMatchObject({
        code: 'invalidArgument',
        message: expect.stringMatching(/\(from\): must be 'beginning' .*'now' .*\{ time: .*\}/),
      });
      await engine.idle();
      expect(told).toEqual([]);
      expect(await store.subscriptions.checkpoints('mailer')).toEqual([]);
    },
  );
});

describe('a subscription', () => {
  it('is told every event once, those of one order in the order of their versions', async () => {
    const { engine } = await testEngine();
    const told: string[] = [];
    await engine.execute(place('order-0'));
    const subscription = await engine.subscribe({
      name: 'all',
      from: 'beginning',
      handler: async (event) => {
        await Promise.resolve();
        told.push(nameOf(event));
      },
    });
    const ids = Array.from({ length: 40 }, (_, index) => `order-${index}`);
    await Promise.all(
      ids.flatMap((id) => [
        engine.execute(place(id)),
        ...['a', 'b', 'c'].map((note) => engine.execute(annotate(id, note))),
      ]),
    );
    await engine.idle();
    expect(told.toSorted()).toEqual(
      ids.flatMap((id) => [1, 2, 3, 4].map((version) => `${id}/${version}`)).toSorted(),
    );
    for (const id of ids) {
      const own = told.filter((name) => name.startsWith(`${id}/`));
      expect(own).toEqual([1, 2, 3, 4].map((version) => `${id}/${version}`));
    }
    expect(subscription.status()).toEqual({
      name: 'all',
      running: 0,
      partitions: [
        {
          partition: 0,
          isOurs: true,
          position: 160,
          readPosition: 160,
          unfinished: 0,
          parkedLanes: 0,
          asideLanes: 0,
        },
      ],
    });
  });

  it('handles one event of an order at a time, of many orders at once, so many at most', async () => {
    const { engine } = await testEngine();
    const running = new Map<string, number>();
    let most = 0;
    await engine.subscribe({
      name: 'all',
      from: 'beginning',
      concurrency: 5,
      handler: async ({ orderId }) => {
        expect(running.has(orderId)).toBe(false);
        running.set(orderId, 1);
        most = Math.max(most, running.size);
        for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
        running.delete(orderId);
      },
    });
    const ids = Array.from({ length: 20 }, (_, index) => `order-${index}`);
    await Promise.all(
      ids.flatMap((id) => [engine.execute(place(id)), engine.execute(annotate(id, 'x'))]),
    );
    await engine.idle();
    expect(most).toBe(5);
    expect(engine.stats().eventsHandled).toBe(40);
  });

  it('is told only of the types and families that it names', async () => {
    const { engine } = await testEngine({ policy: { confirmWhen: 'paid' } });
    const told: string[] = [];
    await engine.subscribe({
      name: 'some',
      from: 'beginning',
      types: ['payment.*', 'order.confirmed'],
      handler: ({ type }) => {
        told.push(type);
      },
    });
    await engine.execute(place('order-1'));
    await engine.execute(captured('order-1'));
    await engine.execute(annotate('order-1', 'x'));
    await engine.idle();
    expect(told).toEqual(['payment.captured', 'order.confirmed']);
  });

  it.each([
    ['beginning', ['order-1', 'order-2', 'order-3']],
    ['now', ['order-3']],
    [{ time: 2000 }, ['order-2', 'order-3']],
  ] as const)('begins from %j', async (from, expected) => {
    const { engine, clock } = await testEngine({ clock: createMovableClock(1000) });
    await engine.execute(place('order-1'));
    clock.advanceTo(2000);
    await engine.execute(place('order-2'));
    const told: string[] = [];
    await engine.subscribe({
      name: 'from',
      from,
      handler: ({ orderId }) => {
        told.push(orderId);
      },
    });
    await engine.execute(place('order-3'));
    await engine.idle();
    expect(told).toEqual(expected);
  });

  it('goes on after a restart where it stopped, whatever it is told to begin from', async () => {
    const store = sharedStore();
    const { engine, clock } = await testEngine({ store });
    const told: string[] = [];
    const options = {
      name: 'lasting',
      from: 'beginning' as const,
      handler: (event: OrderEvent<string, object>) => {
        told.push(nameOf(event));
      },
    };
    await engine.subscribe(options);
    await engine.execute(place('order-1'));
    await engine.idle();
    await engine.close();
    const { engine: without } = await testEngine({ store, clock });
    await without.execute(annotate('order-1', 'while away'));
    await without.close();
    const { engine: restarted } = await testEngine({ store, clock });
    await restarted.subscribe({ ...options, from: 'now' });
    await restarted.idle();
    expect(told).toEqual(['order-1/1', 'order-1/2']);
  });

  it('ends by itself and begins again in the same engine', async () => {
    const { engine } = await testEngine();
    const told: string[] = [];
    const options = {
      name: 'again',
      from: 'beginning' as const,
      handler: (event: OrderEvent<string, object>) => {
        told.push(nameOf(event));
      },
    };
    const first = await engine.subscribe(options);
    await expect(engine.subscribe(options)).rejects.toMatchObject({ code: 'invalidArgument' });
    await engine.execute(place('order-1'));
    await engine.idle();
    await first.close();
    await first.close();
    await engine.execute(annotate('order-1', 'x'));
    await engine.idle();
    expect(told).toEqual(['order-1/1']);
    await engine.subscribe(options);
    await engine.idle();
    expect(told).toEqual(['order-1/1', 'order-1/2']);
  });

  it('keeps a bounded number of events in memory, however far behind it is', async () => {
    const { engine } = await testEngine();
    const ids = Array.from({ length: 2500 }, (_, index) => `order-${index}`);
    await Promise.all(ids.map((id) => engine.execute(place(id))));
    const hold = gate();
    const subscription = await engine.subscribe({
      name: 'slow',
      from: 'beginning',
      handler: () => hold.opened,
    });
    await until(() => subscription.status().partitions[0]?.unfinished === 1000);
    await turns();
    expect(subscription.status().partitions[0]).toMatchObject({
      unfinished: 1000,
      readPosition: 1000,
    });
    hold.open();
    await engine.idle();
    expect(engine.stats().eventsHandled).toBe(2500);
  });
});

describe('a handler that fails for now', () => {
  it('is told the event again, later and later, and the later ones of the order wait', async () => {
    const { engine, clock } = await testEngine({ random: () => 0 });
    const told: [string, number, number][] = [];
    const start = clock.now();
    await engine.subscribe({
      name: 'flaky',
      from: 'beginning',
      retry: { initialDelayMs: 1000, maximumDelayMs: 5000 },
      handler: (event, { attempt }) => {
        told.push([nameOf(event), attempt, clock.now() - start]);
        if (event.version === 1 && attempt < 6) throw new Error('not yet');
      },
    });
    await engine.execute(place('order-1'));
    await engine.execute(annotate('order-1', 'x'));
    await clock.runTo(start + 60 * second, () => engine.idle());
    // Half of 1, 2, 4, 5 and 5 seconds: the random number is 0.
    expect(told).toEqual([
      ['order-1/1', 1, 0],
      ['order-1/1', 2, 500],
      ['order-1/1', 3, 1500],
      ['order-1/1', 4, 3500],
      ['order-1/1', 5, 6000],
      ['order-1/1', 6, 8500],
      ['order-1/2', 1, 8500],
    ]);
    expect(engine.stats()).toMatchObject({ handlerRetries: 5, eventsParked: 0 });
  });

  it('holds up no other order, and nothing is lost', async () => {
    const { engine, clock } = await testEngine();
    const told: string[] = [];
    let isAway = true;
    await engine.subscribe({
      name: 'flaky',
      from: 'beginning',
      handler: async ({ orderId }) => {
        if (isAway && orderId === 'order-7') throw new Error('away');
        told.push(orderId);
      },
    });
    const ids = Array.from({ length: 50 }, (_, index) => `order-${index}`);
    await Promise.all(ids.map((id) => engine.execute(place(id))));
    await engine.idle();
    expect(told).toHaveLength(49);
    isAway = false;
    clock.advanceBy(second);
    await engine.idle();
    expect(told.toSorted()).toEqual(ids.toSorted());
  });

  it('is told again after a restart, together with what came behind', async () => {
    const store = sharedStore();
    const { engine, clock } = await testEngine({ store });
    await engine.subscribe({
      name: 'flaky',
      from: 'beginning',
      handler: ({ orderId }) => {
        if (orderId === 'order-2') throw new Error('away');
      },
    });
    for (const id of ['order-1', 'order-2', 'order-3']) await engine.execute(place(id));
    await engine.idle();
    await engine.close();
    const { engine: restarted } = await testEngine({ store, clock });
    const told: string[] = [];
    await restarted.subscribe({
      name: 'flaky',
      from: 'beginning',
      handler: ({ orderId }) => {
        told.push(orderId);
      },
    });
    await restarted.idle();
    // The checkpoint stands behind a run without a gap, so the third one is told once more.
    expect(told).toEqual(['order-2', 'order-3']);
  });
});
