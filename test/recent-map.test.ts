import fc from 'fast-check';
import { LRUCache } from 'lru-cache';
import { describe, expect, it } from 'vitest';
import { RecentMap } from '../src/recent-map.ts';

const keys = Array.from({ length: 20 }, (_, number) => `key-${number}`);

interface Step {
  readonly kind: 'get' | 'set' | 'delete';
  readonly key: string;
  readonly bytes: number;
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('set', 'set', 'set', 'get', 'get', 'get', 'get', 'delete'),
    key: fc.constantFrom(...keys),
    bytes: fc.integer({ min: 1, max: 30 }),
  }),
  { maxLength: 100, size: 'max' },
);

/** An exact LRU cache of the same bounds. No value of more than `largest` bytes enters it. */
const exact = (maximum: number, maximumBytes: number, largest: number) =>
  new LRUCache<string, { readonly bytes: number }>({
    max: maximum,
    maxSize: maximumBytes,
    maxEntrySize: largest,
    sizeCalculation: ({ bytes }) => bytes,
  });

describe('a map of what was used last', () => {
  it('holds what an LRU cache of half its bounds holds, and nothing that one of its bounds does not', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 200 }),
        steps,
        (half, halfBytes, all) => {
          const map = new RecentMap<{ readonly bytes: number }>({
            maximum: 2 * half,
            maximumBytes: 2 * halfBytes,
            bytesOf: ({ bytes }) => bytes,
          });
          const smaller = exact(half, halfBytes, halfBytes);
          const larger = exact(2 * half, 2 * halfBytes, halfBytes);
          for (const { kind, key, bytes } of all) {
            const value = { bytes };
            if (kind === 'delete') for (const each of [map, smaller, larger]) each.delete(key);
            if (kind === 'set') for (const each of [map, smaller, larger]) each.set(key, value);
            if (kind === 'get') {
              const held = map.get(key);
              // Set, because the smaller one may have dropped it, and this is a use all the same.
              if (held !== undefined) for (const each of [smaller, larger]) each.set(key, held);
            }
            expect(map.size).toBeLessThanOrEqual(larger.size);
            expect(map.bytes).toBeLessThanOrEqual(larger.calculatedSize);
            expect(map.size).toBeGreaterThanOrEqual(smaller.size);
          }
          for (const [key, { value }] of smaller.dump()) expect(map.get(key)).toBe(value);
          for (const key of keys) {
            const held = map.get(key);
            if (held !== undefined) expect(larger.get(key)).toBe(held);
          }
        },
      ),
    );
  });
});
