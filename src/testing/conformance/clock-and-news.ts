import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../engine/kernel/clock.ts';
import { casesOf } from './case.ts';
import { commitOf, loadOne, upTo, write } from './given.ts';
import { settled } from './patience.ts';

/** Time zones differ by at least a quarter of an hour, so a smaller difference is clock drift. */
const toleranceMs = 10 * 60_000;

export const clockCases = casesOf('the clock of the store', {
  'it returns milliseconds since 1970 in UTC, within ten minutes of this machine': async ({
    store,
  }) => {
    const before = systemClock.now();
    const now = await store.now?.();
    if (now === undefined) return;
    assert.ok(Number.isSafeInteger(now), `${now} is a whole number of milliseconds`);
    assert.ok(now >= before - toleranceMs, `${now} is not long before ${before}`);
    assert.ok(now <= systemClock.now() + toleranceMs, `${now} is not long after ${before}`);
  },

  'it advances in milliseconds, not in whole seconds': async ({ store }) => {
    if (store.now === undefined) return;
    const times = [await store.now()];
    // Readings 2 ms apart cannot all fall on whole seconds, unless the clock has only those.
    for (const _ of upTo(20)) {
      await sleep(2);
      times.push(await store.now());
    }
    assert.ok(
      times.some((time) => time % 1_000 !== 0),
      'some reading lies between two whole seconds',
    );
    assert.ok(Math.max(...times) > Math.min(...times), 'time passes');
    assert.deepEqual(
      times,
      times.toSorted((one, other) => one - other),
    );
  },
});

export const newsCases = casesOf('listening for news', {
  'listening starts, ends and may be ended again': async ({ store }) => {
    if (store.listen === undefined) return;
    const otherCall = () => loadOne(store);
    const end = await settled(
      'starting to listen',
      store.listen(() => {}),
      otherCall,
    );
    await settled('ending it', end(), otherCall);
    await settled('ending it again', end(), otherCall);
    await write(store, commitOf());
  },

  'no news arrives after listening has ended, and ending one listener keeps the others': async ({
    store,
  }) => {
    if (store.listen === undefined) return;
    let hasEnded = false;
    let isLate = false;
    const end = await store.listen(() => {
      isLate ||= hasEnded;
    });
    const endOther = await store.listen(() => {});
    await settled('ending it', end(), () => loadOne(store));
    hasEnded = true;
    for (const version of upTo(20)) {
      await write(store, commitOf({ expectedVersion: version - 1 }));
      await sleep(1);
    }
    assert.equal(isLate, false, 'news arrived after listening ended');
    await settled('ending the other', endOther(), () => loadOne(store));
  },

  'listeners may be ended in any order, and none gets news after its end': async ({ store }) => {
    if (store.listen === undefined) return;
    let version = 0;
    const orders = [
      ...[0, 1, 2].map((first) => [first, (first + 1) % 3, (first + 2) % 3]),
      ...[0, 1, 2].map((first) => [first, (first + 2) % 3, (first + 1) % 3]),
    ];
    for (const order of orders) {
      const ended = new Set<number>();
      const late: number[] = [];
      const ends: (() => Promise<void>)[] = [];
      for (const number of [0, 1, 2]) {
        const onNews = () => {
          if (ended.has(number)) late.push(number);
        };
        ends.push(await store.listen(onNews));
      }
      for (const number of order) {
        await settled(`ending ${number}`, (ends[number] as () => Promise<void>)(), () =>
          loadOne(store),
        );
        ended.add(number);
        for (const _ of upTo(3)) {
          await write(store, commitOf({ expectedVersion: version }));
          version += 1;
          await sleep(1);
        }
      }
      assert.deepEqual(late, [], `ended in the order ${order}`);
    }
  },

  'closing does not wait for active listeners': async ({ store }) => {
    if (store.listen === undefined) return;
    const end = await store.listen(() => {});
    await settled('closing', store.close());
    await settled('ending it afterwards', end());
  },

  'a listener does not block other calls': async ({ store }) => {
    if (store.listen === undefined) return;
    const ends = [await store.listen(() => {}), await store.listen(() => {})];
    await settled('twenty calls', Promise.all(upTo(20).map(() => loadOne(store))));
    await settled('ending both', Promise.all(ends.map((end) => end())));
  },
});
