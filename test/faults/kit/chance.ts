import { seededRandom } from '../../../src/testing/random.ts';

/** Choices by seed. */
export interface Chance {
  /** True so often, from 0 to 1. */
  is(probability: number): boolean;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  pick<Item>(items: readonly Item[]): Item;
}

/** The same seed makes the same choices, as long as they are asked in the same sequence. */
export function chanceOf(seed: number): Chance {
  const random = seededRandom(seed);
  const between = (low: number, high: number): number =>
    low + Math.floor(random() * (high - low + 1));
  return {
    between,
    is: (probability) => random() < probability,
    pick: (items) => {
      const item = items[between(0, items.length - 1)];
      if (item === undefined) throw new Error('There is nothing to pick from.');
      return item;
    },
  };
}

/** Different seeds for the parts of one test, all of them from its one seed. */
export function seedFor(seed: number, part: string | number): number {
  let mixed = seed >>> 0;
  for (const character of String(part)) {
    mixed = (Math.imul(mixed ^ (character.codePointAt(0) ?? 0), 0x9e3779b1) >>> 0) ^ (mixed >>> 13);
  }
  return mixed >>> 0;
}
