import fc from 'fast-check';
import { createSeededIds } from 'orderchart/testing';
import { v7, validate, version } from 'uuid';
import { describe, expect, it } from 'vitest';
import { createIdGenerator } from '../../src/engine/kernel/ids.ts';

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('ids', () => {
  it('are UUIDv7 that tell the millisecond', () => {
    const id = createIdGenerator().newId(1_645_557_742_000);
    expect(id).toMatch(uuidV7);
    // The example of RFC 9562, appendix A.6, has the same time.
    expect(id.slice(0, 13)).toBe('017f22e2-79b0');
  });

  it('sort in the order of their making, also when the clock stands still or goes back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 ** 41 }), { minLength: 1, maxLength: 50 }),
        fc.integer(),
        (times, seed) => {
          const ids = createSeededIds(seed);
          const made = times.flatMap((time) => [ids.newId(time), ids.newId(time), ids.newId(time)]);
          expect(made.toSorted()).toEqual(made);
          expect(new Set(made).size).toBe(made.length);
          for (const id of made) expect(id).toMatch(uuidV7);
        },
      ),
    );
  });

  it('are valid for `uuid`, and sort among its ids by their millisecond', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 2 ** 48 - 2 }), { minLength: 1, maxLength: 50 }),
        fc.integer(),
        (times, seed) => {
          const ids = createSeededIds(seed);
          let latest = 0;
          for (const time of times) {
            latest = Math.max(latest, time);
            const id = ids.newId(time);
            expect([validate(id), version(id)]).toEqual([true, 7]);
            expect(id > v7({ msecs: latest - 1 })).toBe(true);
            expect(id < v7({ msecs: latest + 1 })).toBe(true);
          }
        },
      ),
    );
  });

  it('stay in order when one millisecond is used up', () => {
    // All ones: the counter begins as high as it can, and is exhausted early.
    const ids = createIdGenerator((bytes) => bytes.fill(255));
    let last = '';
    for (let count = 0; count < 100_000; count += 1) {
      const id = ids.newId(1000);
      if (id <= last) expect.fail(`${id} after ${last}`);
      last = id;
    }
  });

  it('are the same for the same seed', () => {
    expect(createSeededIds(7).newId(5)).toBe(createSeededIds(7).newId(5));
    expect(createSeededIds(7).newId(5)).not.toBe(createSeededIds(8).newId(5));
  });
});
