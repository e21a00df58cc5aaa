import { expect, it } from 'vitest';
import { Holds } from '../../src/webhook/holds.ts';
import { Attempts } from '../../src/webhook/receiver/attempts.ts';
import { BodyBuffer } from '../../src/webhook/receiver/body-buffer.ts';
import { memoryUsed, time } from './kit.ts';

it('receivers that asked us to wait take 3 MB at most, however many and however long their URLs', () => {
  const url = (number: number) => `https://shop.example/${number}/${'x'.repeat(7_000)}`;
  const holds = new Holds(60_000);
  const before = memoryUsed();
  for (let number = 0; number < 12_000; number += 1) holds.hold(url(number), time + 1_000);
  expect(memoryUsed() - before).toBeLessThan(3_000_000);
  expect(holds.remainingMs(url(11_999), time)).toBe(1_000);
  expect(holds.remainingMs(url(2_000), time)).toBe(1_000);
  expect(holds.remainingMs(url(1_999), time)).toBe(0);
});

it('attempts are counted for the 10,000 messages that were given back last', () => {
  const attempts = new Attempts();
  for (let number = 0; number < 12_000; number += 1) attempts.givenBack([`id-${number}`], 7);
  expect(attempts.next(['id-11999'])).toBe(8);
  expect(attempts.next(['id-2000'])).toBe(8);
  expect(attempts.next(['id-1999'])).toBe(2);
  // Of several names of one message, the one that was tried most often counts.
  expect(attempts.next(['id-1999', 'id-2000'])).toBe(8);
});

it('a body holds twice its size at most while it comes, and its size when it is there', () => {
  const body = new BodyBuffer(undefined, 100_000);
  const sent = Buffer.alloc(100_000, 'orderchart');
  for (let at = 0; at < sent.length; at += 7) {
    body.append(sent.subarray(at, at + 7));
    expect(body.capacity).toBeLessThanOrEqual(Math.min(Math.max(2 * body.length, 4_096), 100_000));
  }
  expect(body.content().equals(sent)).toBe(true);
  const short = new BodyBuffer(50_000, 100_000);
  expect(short.capacity).toBeLessThanOrEqual(4_096);
  short.append(Buffer.from('a'));
  expect(short.content().buffer.byteLength).toBe(1);
});
