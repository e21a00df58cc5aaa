import { createMovableClock } from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import { Stopwatch } from '../../src/engine/kernel/clock.ts';
import { gate, place, testEngine, turns, until } from './kit.ts';
import { partitionedStore } from './partitioned-store.ts';
import { SettableClock } from './settable-clock.ts';

const minute = 60_000;

describe('an engine that slept past its lease', () => {
  it.each([
    ['goes on', 0],
    ['was set back meanwhile', -20 * minute],
    ['was set back by as much as it slept', -minute],
  ])('does nothing more, although its time of day %s', async (_, setMs) => {
    const store = partitionedStore(1);
    const clock = createMovableClock();
    const asleep = new SettableClock(createMovableClock(clock.now()));
    const hold = gate();
    const sleeper = await testEngine({ store, clock: asleep as never });
    await sleeper.engine.subscribe({
      name: 'one',
      from: 'beginning',
      handler: async () => {
        await hold.opened;
        return { type: 'order.annotate', orderId: 'order-1', metadata: { note: 'too late' } };
      },
    });
    await sleeper.engine.execute(place('order-1'));
    const other = await testEngine({ store, clock });
    const told: string[] = [];
    await other.engine.subscribe({
      name: 'one',
      from: 'beginning',
      handler: ({ orderId }) => {
        told.push(orderId);
      },
    });
    // The sleeper's time stands still; its lease ends by the other's.
    await clock.runTo(clock.now() + minute, () => other.engine.idle());
    await until(() => told.length > 0);
    asleep.set(setMs);
    asleep.trueTime.advanceBy(minute);
    hold.open();
    await turns(50);
    expect((await other.engine.get('order-1'))?.version).toBe(1);
    expect(told).toEqual(['order-1']);
    expect(sleeper.log.map(({ message }) => message)).toContain(
      'A lease was lost to another owner; no longer working on its partition.',
    );
  });
});

describe('a stopwatch', () => {
  it('tells what has passed, whatever the time of day was set to', () => {
    const clock = new SettableClock();
    const stopwatch = new Stopwatch(clock);
    clock.trueTime.advanceBy(5000);
    expect(stopwatch.elapsedMs).toBe(5000);
    clock.set(-minute);
    expect(stopwatch.elapsedMs).toBe(5000);
  });

  it('rather tells too much: a machine that was suspended did not count on', () => {
    const clock = new SettableClock();
    const stopwatch = new Stopwatch(clock);
    clock.set(minute);
    expect(stopwatch.elapsedMs).toBe(minute);
  });

  it('knows nothing when there is only the time of day, and that went back', () => {
    let now = 10;
    const stopwatch = new Stopwatch({ now: () => now, schedule: () => () => {} });
    now = 20;
    expect(stopwatch.elapsedMs).toBe(10);
    now = 9;
    expect(stopwatch.elapsedMs).toBe(Number.POSITIVE_INFINITY);
  });
});
