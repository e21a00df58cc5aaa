import type { OrderEvent } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { all, annotate, captured, place, testEngine } from './kit.ts';

const red = { tenantId: 'red' };
const blue = { tenantId: 'blue' };

describe('two tenants', () => {
  it('have orders, numbers and keys of the same names', async () => {
    const { engine } = await testEngine();
    const key = { idempotencyKey: 'key-1' };
    for (const tenant of [red, blue]) {
      expect(
        await engine.execute(place('order-1', { number: 'SO-1', customerId: tenant.tenantId }), {
          ...tenant,
          ...key,
        }),
      ).toMatchObject({ status: 'accepted', version: 1, replayed: false });
    }
    await engine.execute(annotate('order-1', 'red'), red);
    expect(await engine.get('order-1', red)).toMatchObject({ version: 2, tenantId: 'red' });
    expect(await engine.get('order-1', blue)).toMatchObject({ version: 1, tenantId: 'blue' });
    expect(await engine.getByNumber('SO-1', blue)).toMatchObject({ customerId: 'blue' });
    expect(await all(engine.history('order-1', blue))).toHaveLength(1);
    expect((await engine.list(red)).orders).toHaveLength(1);
  });

  it('do not run into each other when their names run together', async () => {
    const { engine } = await testEngine();
    const pairs = [
      ['a', 'b|c'],
      ['a|b', 'c'],
      ['a', ':b'],
      ['a:', 'b'],
      ['1:a', 'b'],
      ['1', '1:ab'],
    ] as const;
    const results = await Promise.all(
      pairs.map(([tenantId, orderId]) =>
        engine.execute(place(orderId), { tenantId, idempotencyKey: orderId }),
      ),
    );
    for (const [index, [tenantId, orderId]] of pairs.entries()) {
      expect(results[index]).toMatchObject({ status: 'accepted', orderId, replayed: false });
      expect(await engine.get(orderId, { tenantId })).toMatchObject({ tenantId, version: 1 });
      expect((await engine.list({ tenantId })).orders.map(({ id }) => id)).toContain(orderId);
    }
    // Asked for in one turn, they travel together.
    const views = await Promise.all(
      pairs.map(([tenantId, orderId]) => engine.get(orderId, { tenantId })),
    );
    expect(views.map((view) => [view?.tenantId, view?.id])).toEqual(pairs);
    expect(engine.stats().conflicts).toBe(0);
    const keys = await Promise.all(
      [
        { scope: 'a', idempotencyKey: 'bc' },
        { scope: 'ab', idempotencyKey: 'c' },
      ].map((context) => engine.execute(annotate('c', 'x'), { tenantId: 'a|b', ...context })),
    );
    expect(keys.map(({ replayed }) => replayed)).toEqual([false, false]);
  });

  it('cannot tell whether the other has an order', async () => {
    const { engine } = await testEngine();
    await engine.execute(place('secret', { number: 'SO-1', customerId: 'ann' }), {
      ...red,
      idempotencyKey: 'key-1',
    });
    const callsFor = (id: string): Record<string, () => Promise<unknown>> => ({
      get: () => engine.get(id, blue),
      history: () => all(engine.history(id, blue)),
      explain: () => engine.explain(id, blue),
      execute: () => engine.execute(annotate(id, 'x'), blue),
      keyed: () => engine.execute(annotate(id, 'x'), { ...blue, idempotencyKey: 'key-1' }),
      expected: () => engine.execute(annotate(id, 'x'), { ...blue, expectedVersion: 1 }),
      report: () => engine.execute(captured(id), blue),
    });
    const nobodys = callsFor('nothing');
    for (const [name, call] of Object.entries(callsFor('secret'))) {
      const shape = async (work: (() => Promise<unknown>) | undefined) =>
        JSON.stringify(await work?.().then(String, (error: Error) => `${error}`)).replaceAll(
          /secret|nothing/g,
          'it',
        );
      expect(await shape(call)).toBe(await shape(nobodys[name]));
    }
    expect(await engine.getByNumber('SO-1', blue)).toBeUndefined();
    expect((await engine.list({ ...blue, customerId: 'ann' })).orders).toEqual([]);
    const { cursor } = await engine.list({ ...red, limit: 1 });
    expect((await engine.list({ ...blue, cursor })).orders).toEqual([]);
    expect(await engine.get('secret', red)).toMatchObject({ version: 1 });
    // The number and the key are still free for the other.
    expect(
      await engine.execute(place('mine', { number: 'SO-1' }), { ...blue, idempotencyKey: 'key-1' }),
    ).toMatchObject({ status: 'accepted', replayed: false });
  });

  it('have lanes of their own in a subscription and in the parking lot', async () => {
    const { engine } = await testEngine();
    const told: string[] = [];
    await engine.subscribe({
      name: 'all',
      from: 'beginning',
      handler: ({ tenantId, orderId, version }: OrderEvent<string, object>, context) => {
        expect(context.tenantId).toBe(tenantId);
        if (tenantId === 'red') throw Object.assign(new Error('no'), poison);
        told.push(`${tenantId} ${orderId} ${version}`);
      },
    });
    for (const tenant of [red, blue]) {
      await engine.execute(place('order-1'), tenant);
      await engine.execute(annotate('order-1', 'x'), tenant);
    }
    await engine.idle();
    expect(told).toEqual(['blue order-1 1', 'blue order-1 2']);
    const parked = await engine.subscriptions.parked('all');
    expect(parked.map(({ event }) => event.tenantId)).toEqual(['red', 'red']);
    expect(await engine.subscriptions.retry('all', { orderId: 'order-1', ...blue })).toBe(0);
    expect(await engine.subscriptions.retry('all', { orderId: 'order-1', ...red })).toBe(1);
  });
});

it('a call without a tenant is for the default one', async () => {
  const { engine } = await testEngine({ defaultTenantId: 'house' });
  await engine.execute(place('order-1'));
  expect(await engine.get('order-1', { tenantId: 'house' })).toBeDefined();
  expect(await engine.get('order-1', { tenantId: 'default' })).toBeUndefined();
});

const poison = { [Symbol.for('orderchart.permanentHandlerError')]: true };
