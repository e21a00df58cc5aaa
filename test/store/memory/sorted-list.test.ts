import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareText, SortedList } from '../../../src/store/memory/sorted-list.ts';

const newList = (): SortedList<number, number> => new SortedList((one, other) => one - other);

it('a sorted list answers as a sorted array does', () => {
  const number = fc.nat(3_000);
  const steps = fc.array(fc.tuple(fc.constantFrom('add', 'delete'), number), {
    maxLength: 5_000,
    size: 'max',
  });
  fc.assert(
    fc.property(steps, number, (sequence, bound) => {
      const list = newList();
      const plain = new Set<number>();
      for (const [step, value] of sequence) {
        if (step === 'delete') expect(list.delete(value)).toBe(plain.delete(value));
        else if (!plain.has(value)) list.add(value);
        if (step === 'add') plain.add(value);
      }
      const sorted = [...plain].sort((one, other) => one - other);
      expect(list.first).toBe(sorted[0]);
      expect([...list.ascending()]).toEqual(sorted);
      expect([...list.ascending(bound)]).toEqual(sorted.filter((value) => value >= bound));
      expect([...list.descending()]).toEqual(sorted.toReversed());
      expect([...list.descending(bound)]).toEqual(
        sorted.filter((value) => value < bound).toReversed(),
      );
    }),
    { numRuns: 30 },
  );
});

it('a sorted list takes a hundred thousand items from either end', () => {
  const [upwards, downwards] = [newList(), newList()];
  for (let value = 0; value < 100_000; value += 1) {
    upwards.add(value);
    downwards.add(100_000 - value);
  }
  expect(upwards.descending().take(2).toArray()).toEqual([99_999, 99_998]);
  expect(downwards.ascending(50_000).take(2).toArray()).toEqual([50_000, 50_001]);
});

it('texts are compared as their bytes in UTF-8', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\ud7ff', '\ue000', '\u{1f600}') });
  fc.assert(
    fc.property(text, text, (one, other) => {
      const bytes = Buffer.compare(Buffer.from(one), Buffer.from(other));
      expect(Math.sign(compareText(one, other))).toBe(bytes);
    }),
  );
});
