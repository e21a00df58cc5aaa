import { compatibilityPartitioner } from '@platformatic/kafka';
import { expect, it } from 'vitest';

/** Hashes that the tests of Kafka's own client for Java expect of `Utils.murmur2`. */
const hashes: readonly (readonly [key: string, hash: number])[] = [
  ['21', -973_932_308],
  ['foobar', -790_332_482],
  ['a-little-bit-long-string', -985_981_536],
  ['a-little-bit-longer-string', -1_486_304_829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
  ['abc', 479_470_107],
];

it('a key goes to one partition, whichever of these clients publishes it', () => {
  for (const [text, hash] of hashes) {
    const key = Buffer.from(text);
    const partition = (hash & 0x7fff_ffff) % 7;
    expect(compatibilityPartitioner({ topic: 'events', key }, key) % 7, text).toBe(partition);
  }
});
