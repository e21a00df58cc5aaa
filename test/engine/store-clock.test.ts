import type { OrderEngine, OrderStore } from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import { StoreClock } from '../../src/engine/kernel/store-clock.ts';
import { all, place, sharedStore, testEngine, turns } from './kit.ts';
import { changed, partitionedStore } from './partitioned-store.ts';
import { SettableClock } from './settable-clock.ts';

const minute = 60_000;
const hour = 60 * minute;

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** The true time, as the database has it. */
const trueTime = () => createMovableClock(1_767_225_600_000);

const withClock = (store: OrderStore, now: () => number): OrderStore =>
  changed(store, { now: async () => now() });

const unpaid = (unpaidTimeoutMs: number) => ({ policy: { unpaidTimeoutMs } });

const expiredAt = async (engine: OrderEngine, orderId: string) =>
  (await all(engine.history(orderId)))
    .filter(({ type }) => type === 'order.expired')
    .map(({ recordedAt }) => recordedAt);

describe('engines whose hosts have wrong clocks, on a store that has one', () => {
  it('wait before a retry no longer because the clock of the store is set back meanwhile', async () => {
    const time = trueTime();
    let aheadMs = 0;
    const store = withClock(sharedStore(), () => time.now() + aheadMs);
    const { engine } = await testEngine({ store, clock: new SettableClock(time) });
    let attempts = 0;
    await engine.subscribe({
      name: 'mailer',
      from: 'beginning',
      retry: { initialDelayMs: 2 * minute, maximumDelayMs: 2 * minute },
      handler: () => {
        attempts += 1;
        if (attempts === 1) throw new Error('not now');
      },
    });
    await engine.execute(place('order-1'));
    await engine.idle();
    aheadMs = -hour;
    await time.runTo(time.now() + 3 * minute, () => turns(5));
    expect(attempts).toBe(2);
  });

  it('agree with the store on when something was recorded, whatever their hosts say', async () => {
    const time = trueTime();
    const store = withClock(sharedStore(), () => time.now());
    const behind = new SettableClock(time, -5 * minute);
    const ahead = new SettableClock(time, 3 * hour);
    const { engine: one, log } = await testEngine({ store, clock: behind });
    const { engine: other } = await testEngine({ store, clock: ahead });
    await one.execute(place('order-1'));
    await other.execute(place('order-2'));
    expect((await one.get('order-1'))?.placedAt).toBe(time.now());
    expect((await one.get('order-2'))?.placedAt).toBe(time.now());
    expect(log).toEqual([
      {
        level: 'warn',
        message: 'The clock of this host differs from the clock of the store; correcting it.',
        fields: { offsetMs: 5 * minute },
      },
    ]);
  });

  it('fire deadlines by its time, once, neither early nor late', async () => {
    const time = trueTime();
    const store = withClock(partitionedStore(1), () => time.now());
    const engines = [];
    for (const aheadMs of [-5 * minute, 5 * minute]) {
      engines.push(await testEngine({ store, clock: new SettableClock(time, aheadMs) }));
    }
    const [one, other] = engines.map(({ engine }) => engine);
    expect.assert(one !== undefined && other !== undefined);
    await one.execute(place('order-1', unpaid(hour)));
    await other.execute(place('order-2', unpaid(hour)));
    const dueAt = time.now() + hour;
    const settle = async () => {
      await turns(3);
      await Promise.all([one.idle(), other.idle()]);
    };
    await time.runTo(dueAt - 1, settle);
    expect(await expiredAt(one, 'order-1')).toEqual([]);
    await time.runTo(dueAt + 10_000, settle);
    expect(await expiredAt(one, 'order-1')).toEqual([dueAt]);
    expect(await expiredAt(one, 'order-2')).toEqual([dueAt]);
  });

  it('share the partitions of a subscription as if their clocks were right', async () => {
    const time = trueTime();
    const store = withClock(partitionedStore(4), () => time.now());
    const subscriptions = [];
    const engines: OrderEngine[] = [];
    for (const aheadMs of [-hour, 0, hour]) {
      time.advanceBy(1);
      const { engine } = await testEngine({ store, clock: new SettableClock(time, aheadMs) });
      engines.push(engine);
      subscriptions.push(
        await engine.subscribe({ name: 'mailer', from: 'beginning', handler: () => {} }),
      );
    }
    await time.runTo(time.now() + 3000, async () => {
      for (const engine of engines) await engine.idle();
    });
    const owned = subscriptions.map((subscription) =>
      subscription
        .status()
        .partitions.filter(({ isOurs }) => isOurs)
        .map(({ partition }) => partition),
    );
    expect(owned).toEqual([[0, 3], [1], [2]]);
  });

  it('keep no timer and no call after they are closed', async () => {
    const time = trueTime();
    let calls = 0;
    const store = withClock(sharedStore(), () => {
      calls += 1;
      return time.now();
    });
    const { engine } = await testEngine({ store, clock: new SettableClock(time) });
    await engine.close();
    calls = 0;
    time.advanceBy(hour);
    await turns();
    expect(calls).toBe(0);
  });

  it('refuse to start, and close the store, when it cannot be read', async () => {
    let isOpen = false;
    const store = changed(sharedStore(), {
      open: async () => {
        isOpen = true;
      },
      close: async () => {
        isOpen = false;
      },
      now: async () => {
        throw new Error('away');
      },
    });
    await expect(testEngine({ store })).rejects.toMatchObject({ code: 'storeUnavailable' });
    expect(isOpen).toBe(false);
  });
});

describe('the clock of an engine on a store that has one', () => {
  it('is not there for a store without', async () => {
    expect(await StoreClock.start(sharedStore(), createMovableClock(), silent)).toBeUndefined();
  });

  it('believes the shortest of three round trips, and takes its middle', async () => {
    const host = createMovableClock(0);
    const trips = [400, 20, 100];
    const store = changed(sharedStore(), {
      now: async () => {
        const tripMs = trips.shift() ?? 0;
        host.advanceBy(tripMs / 4);
        const now = host.now() + 5000;
        host.advanceBy((3 * tripMs) / 4);
        return now;
      },
    });
    const clock = await StoreClock.start(store, host, silent);
    // A quarter instead of a half of 20 ms.
    expect((clock?.now() ?? 0) - host.now()).toBe(4995);
    clock?.stop();
  });

  it('is left alone by differences that are within the error of measurement', async () => {
    const host = createMovableClock(0);
    let aheadMs = 1000;
    const store = changed(sharedStore(), {
      now: async () => {
        host.advanceBy(10);
        const now = host.now() + aheadMs;
        host.advanceBy(10);
        return now;
      },
    });
    const clock = await StoreClock.start(store, host, silent);
    const ahead = () => (clock?.now() ?? 0) - host.now();
    expect(ahead()).toBe(1000);
    aheadMs = 1009;
    await host.runTo(host.now() + minute, () => turns(3));
    expect(ahead()).toBe(1000);
    aheadMs = 1011;
    await host.runTo(host.now() + minute, () => turns(3));
    expect(ahead()).toBe(1011);
    clock?.stop();
  });

  it('is compared every minute; when that fails it stays as it was, and says so', async () => {
    const host = createMovableClock(0);
    const warned: string[] = [];
    let isAway = false;
    let aheadMs = 0;
    const store = changed(sharedStore(), {
      now: async () => {
        if (isAway) throw new Error('away');
        return host.now() + aheadMs;
      },
    });
    const logger = { ...silent, warn: (message: string) => warned.push(message) };
    const clock = await StoreClock.start(store, host, logger);
    aheadMs = 300;
    isAway = true;
    host.advanceBy(minute);
    await turns();
    expect(clock?.now()).toBe(host.now());
    expect(warned).toEqual(['Could not read the clock of the store; keeping the last correction.']);
    isAway = false;
    host.advanceBy(minute);
    await turns();
    expect(clock?.now()).toBe(host.now() + 300);
    clock?.stop();
  });

  it('calls nobody early when its host is set forward, and knows better at once', async () => {
    const time = trueTime();
    const host = new SettableClock(time);
    const store = withClock(sharedStore(), () => time.now());
    const clock = await StoreClock.start(store, host, silent);
    expect.assert(clock !== undefined);
    const calls: number[] = [];
    const at = time.now() + hour;
    clock.schedule(at, () => calls.push(time.now()));
    host.set(2 * hour);
    time.advanceBy(1000);
    expect(clock.now()).toBe(time.now());
    await turns();
    await time.runTo(at + minute, () => turns(3));
    expect(calls).toEqual([at]);
    clock.stop();
  });

  it('calls in time when its host is set back: a minute late at the worst', async () => {
    const time = trueTime();
    const host = new SettableClock(time);
    const store = withClock(sharedStore(), () => time.now());
    const clock = await StoreClock.start(store, host, silent);
    expect.assert(clock !== undefined);
    const calls: number[] = [];
    const at = time.now() + 90_000;
    clock.schedule(at, () => calls.push(time.now()));
    host.set(-24 * hour);
    await time.runTo(at + 2 * minute, () => turns(3));
    expect(calls).toHaveLength(1);
    expect(calls[0]).toBeGreaterThanOrEqual(at);
    expect(calls[0]).toBeLessThanOrEqual(at + minute);
    clock.stop();
  });

  it('forgets an appointment that is taken back', async () => {
    const time = trueTime();
    const store = withClock(sharedStore(), () => time.now());
    const clock = await StoreClock.start(store, new SettableClock(time), silent);
    let calls = 0;
    const forget = clock?.schedule(time.now() + 5000, () => {
      calls += 1;
    });
    forget?.();
    await time.runTo(time.now() + hour, () => turns(3));
    expect(calls).toBe(0);
    clock?.stop();
  });
});
