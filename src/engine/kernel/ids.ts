import { randomFillSync } from 'node:crypto';
import type { Timestamp } from '../../order/values.ts';

/**
 * The source of new ids of orders, events and operations: the option `ids`. Tests inject one that
 * repeats itself.
 */
export interface IdGenerator {
  /**
   * Returns a new UUIDv7. The ids of one generator sort in the order of their creation. An id must
   * be unique over all processes that share a store.
   *
   * @param now Milliseconds since the Unix epoch.
   */
  newId(now: Timestamp): string;
}

const poolSize = 8192;
/** Random bytes per id: six. */
const randomLength = 6;
/** The counter within a millisecond has 26 bits; it starts in the lower half, to leave room. */
const counterLimit = 2 ** 26;
const highestTime = 2 ** 48 - 1;

const hexadecimal = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * Creates a generator of UUIDv7 (RFC 9562): 48 bits of time, a counter (26 bits, method 1 of
 * section 6.2, with a random start), 48 random bits. The ids are ordered by time, because random
 * keys make an index ten times slower to write; the counter keeps the order within a millisecond,
 * and when the clock stands still or goes back.
 *
 * @param fillRandom Fills an array with random bytes; the system's own by default.
 */
export function createIdGenerator(
  fillRandom: (bytes: Uint8Array) => void = randomFillSync,
): IdGenerator {
  const pool = new Uint8Array(poolSize);
  let used = poolSize;
  let time = -1;
  let counter = 0;
  let prefix = '';

  /** Returns the index of `length` fresh random bytes in the pool. */
  const random = (length: number): number => {
    if (used + length > poolSize) {
      fillRandom(pool);
      used = 0;
    }
    used += length;
    return used - length;
  };

  const startMillisecond = (now: number): void => {
    time = Math.min(now, highestTime);
    const at = random(4);
    const bits = (byteAt(pool, at) << 17) | (byteAt(pool, at + 1) << 9);
    counter = (bits | (byteAt(pool, at + 2) << 1) | (byteAt(pool, at + 3) & 1)) >>> 0;
    const digits = time.toString(16).padStart(12, '0');
    prefix = `${digits.slice(0, 8)}-${digits.slice(8)}-7`;
  };

  return {
    newId: (now) => {
      counter += 1;
      if (now > time || counter >= counterLimit) startMillisecond(Math.max(now, time + 1));
      const low = counter & 0x3fff;
      const high = (counter >>> 14).toString(16).padStart(3, '0');
      const variant = `${hexadecimal[0x80 | (low >>> 8)]}${hexadecimal[low & 0xff]}`;
      return `${prefix}${high}-${variant}-${hexadecimalOf(pool, random(randomLength))}`;
    },
  };
}

function hexadecimalOf(bytes: Uint8Array, from: number): string {
  let text = '';
  for (let at = from; at < from + randomLength; at += 1) text += hexadecimal[byteAt(bytes, at)];
  return text;
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
