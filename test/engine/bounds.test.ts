import { describe, expect, it } from 'vitest';
import { OrderCache } from '../../src/engine/commands/order-cache.ts';
import type { OrderRecord } from '../../src/store/store.ts';
import { annotate, place, testEngine } from './kit.ts';

const record = (orderId: string, order = {}) => ({ orderId, order }) as OrderRecord;

const megabyte = 1_000_000;
const manyBytes = 1000 * megabyte;

describe('the cache of hot orders', () => {
  it('never holds more than its size, and keeps what is used', () => {
    const cache = new OrderCache(100, manyBytes);
    cache.set('hot', record('hot'));
    for (let index = 0; index < 10_000; index += 1) {
      cache.set(`order-${index}`, record(`order-${index}`));
      expect(cache.get('hot')).toBeDefined();
      expect(cache.size).toBeLessThanOrEqual(100);
    }
    expect(cache.get('order-9999')).toBeDefined();
    expect(cache.get('order-9000')).toBeUndefined();
    cache.delete('hot');
    expect(cache.get('hot')).toBeUndefined();
  });

  it('gives the latest of an order that was set again', () => {
    const cache = new OrderCache(4, manyBytes);
    cache.set('a', record('old'));
    cache.set('b', record('b'));
    cache.set('c', record('c'));
    cache.set('a', record('new'));
    expect(cache.get('a')).toEqual(record('new'));
    cache.delete('a');
    expect(cache.get('a')).toBeUndefined();
  });

  it.each([0, 1, 2, 3])('works with room for %d', (size) => {
    const cache = new OrderCache(size, manyBytes);
    for (const key of ['a', 'b', 'c', 'd']) {
      cache.set(key, record(key));
      expect(cache.size).toBeLessThanOrEqual(size);
    }
  });

  it('never holds more than its bytes, whatever comes and goes', () => {
    const cache = new OrderCache(1000, 10 * megabyte);
    for (let index = 0; index < 200; index += 1) {
      const text = 'x'.repeat((index % 4) * 300_000);
      cache.set(`order-${index % 30}`, record('large', Object.freeze({ text })));
      if (index % 7 === 0) cache.delete(`order-${(index * 3) % 30}`);
      cache.get(`order-${(index * 5) % 30}`);
      expect(cache.bytes).toBeLessThanOrEqual(10 * megabyte);
    }
    expect(cache.size).toBeGreaterThan(5);
    for (let index = 0; index < 30; index += 1) cache.delete(`order-${index}`);
    expect([cache.size, cache.bytes]).toEqual([0, 0]);
  });

  it('lets one order that is too large for it push out no other', () => {
    const cache = new OrderCache(100, megabyte);
    cache.set('small', record('small'));
    cache.set('large', record('large', { text: 'x'.repeat(megabyte) }));
    expect(cache.get('small')).toBeDefined();
    expect(cache.get('large')).toBeUndefined();
    cache.set('small', record('small', { text: 'x'.repeat(megabyte) }));
    expect(cache.get('small')).toBeUndefined();
  });

  it.each([0, 2])('changes no outcome when there is hardly any (%d)', async (cacheSize) => {
    const { engine } = await testEngine({ cacheSize });
    for (const id of ['a', 'b', 'c', 'd']) await engine.execute(place(id));
    for (const id of ['a', 'b', 'c', 'd']) {
      expect(await engine.execute(annotate(id, 'x'))).toMatchObject({ version: 2 });
      expect(await engine.execute(place(id))).toMatchObject({ rejection: { code: 'orderExists' } });
    }
    expect(engine.stats().cached).toBeLessThanOrEqual(cacheSize);
  });
});

it('an engine that has done much with large orders keeps no more bytes than its cache', async () => {
  const { engine } = await testEngine({ cacheBytes: 3 * megabyte });
  for (let index = 0; index < 20; index += 1) {
    const metadata = { text: 'x'.repeat(400_000) };
    expect(await engine.execute({ ...place(`large-${index}`), metadata })).toMatchObject({
      status: 'accepted',
    });
    const { cached, cachedBytes } = engine.stats();
    expect(cachedBytes).toBeLessThanOrEqual(3 * megabyte);
    expect(cachedBytes).toBeGreaterThan(cached * 400_000);
  }
  expect(engine.stats().cached).toBeGreaterThan(0);
  expect(await engine.execute(annotate('large-0', 'x'))).toMatchObject({ version: 2 });
});

it('an engine that has done much keeps no more than its cache', async () => {
  const { engine } = await testEngine({ cacheSize: 50 });
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const orderId = `order-${round}-${index}`;
        await engine.execute(place(orderId), { idempotencyKey: orderId });
        await engine.execute(annotate(orderId, 'x'), { idempotencyKey: `${orderId}/note` });
      }),
    );
  }
  expect(engine.stats()).toMatchObject({ pending: 0, accepted: 4000 });
  expect(engine.stats().cached).toBeLessThanOrEqual(50);
});
