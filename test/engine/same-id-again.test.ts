import { createMovableClock } from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import { annotate, place, sharedStore, testEngine } from './kit.ts';

const day = 86_400_000;

// For an engine that has the old order in its cache, nothing but the revision tells the two apart.
describe('an id that is used again after a purge', () => {
  it('is decided on the order that has it now, not on the one in the cache', async () => {
    const clock = createMovableClock();
    const store = sharedStore();
    const options = { store, clock, policy: { retentionMs: 0 }, timers: false };
    const { engine } = await testEngine(options);
    const { engine: other } = await testEngine(options);
    await engine.execute(place('order-1', { customerId: 'alice' }));
    await other.execute({ type: 'order.cancel', orderId: 'order-1' });
    const archived = await other.execute({ type: 'order.archive', orderId: 'order-1' });
    expect(archived.status).toBe('accepted');
    clock.advanceBy(7 * day + 1);
    await other.purge();
    expect(await other.purge({ archivedRetentionMs: 0 })).toMatchObject({ orders: 1 });

    // The same version as the one in the cache.
    await other.execute(place('order-1', { customerId: 'bob' }));
    await engine.execute(annotate('order-1', 'by the engine that knew Alice'));
    const now = await other.get('order-1');
    expect(now).toMatchObject({ version: 2, customerId: 'bob' });
    expect(engine.stats().conflicts).toBe(1);
  });
});
