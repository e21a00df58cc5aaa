import { createIdGenerator, type IdGenerator } from '../engine/kernel/ids.ts';
import { seededRandom } from './random.ts';

/**
 * Creates ids that are the same in every run with the same seed and clock: UUIDv7 like the real
 * ones, and in order. Never use it for real data, because the seed reveals the ids.
 *
 * @example
 * const engine = await createOrderEngine({ clock: createMovableClock(), ids: createSeededIds(7) });
 */
export function createSeededIds(seed = 1): IdGenerator {
  const random = seededRandom(seed);
  return createIdGenerator((bytes) => {
    for (const index of bytes.keys()) bytes[index] = Math.floor(random() * 256);
  });
}
