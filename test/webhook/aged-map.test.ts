import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AgedMap } from '../../src/webhook/aged-map.ts';

it('knows its oldest entry, whatever was set, set again and deleted', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const step = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), key, value: fc.nat() }),
    fc.record({ kind: fc.constant('delete' as const), key }),
    fc.record({ kind: fc.constant('drop the oldest' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const map = new AgedMap<number>();
      const model = new Map<string, number>();
      for (const one of steps) {
        const [first] = model;
        if (one.kind === 'set') {
          map.set(one.key, one.value);
          model.delete(one.key);
          model.set(one.key, one.value);
        } else {
          const gone = one.kind === 'delete' ? one.key : first?.[0];
          expect(map.delete(gone ?? '')).toBe(model.delete(gone ?? ''));
        }
        const [oldest] = model;
        expect(map.oldest()).toEqual(oldest && { key: oldest[0], value: oldest[1] });
        expect(map.size).toBe(model.size);
        for (const name of 'abcde') expect(map.get(name)).toBe(model.get(name));
      }
    }),
  );
});
