import { createInProcessTransport, createOrderEngine, type OrderEngine } from 'orderchart';
import { describe, expect, it, onTestFinished } from 'vitest';
import { all, place, testEngine } from './kit.ts';

const refused = { code: 'invalidArgument' };

describe('an engine that is bound to a tenant', () => {
  it('reaches the orders of that tenant, and of no other one', async () => {
    const { engine } = await testEngine();
    const [ann, bob] = [engine.tenant('ann'), engine.tenant('bob')];
    expect(ann.tenantId).toBe('ann');
    await ann.execute({ ...place('1'), number: 'A-1' }, { idempotencyKey: 'key' });
    await bob.execute({ ...place('2'), number: 'B-1' }, { idempotencyKey: 'key' });
    expect(await engine.get('1', { tenantId: 'ann' })).toMatchObject({ tenantId: 'ann' });
    expect(await ann.get('1')).toMatchObject({ number: 'A-1' });
    expect(await ann.getByNumber('A-1')).toMatchObject({ id: '1' });
    expect(await ann.get('2')).toBeUndefined();
    expect(await ann.getByNumber('B-1')).toBeUndefined();
    expect((await ann.list()).orders.map(({ id }) => id)).toEqual(['1']);
    expect((await bob.list({ status: { lifecycle: 'pending' } })).orders).toHaveLength(1);
    expect((await all(ann.history('1'))).map(({ type }) => type)).toEqual(['order.placed']);
    await expect(all(ann.history('2'))).rejects.toMatchObject({ code: 'orderNotFound' });
    await expect(ann.explain('2')).rejects.toMatchObject({ code: 'orderNotFound' });
    expect(await ann.explain('1')).toMatchObject({ orderId: '1' });
    const stolen = await ann.execute({ type: 'order.archive', orderId: '2' });
    expect(stolen).toMatchObject({ status: 'rejected', rejection: { code: 'orderNotFound' } });
  });

  it('refuses a call that names another tenant, and takes one that names its own', async () => {
    const { engine } = await testEngine();
    const ann = engine.tenant('ann');
    const [bobs, anns] = [{ tenantId: 'bob' } as object, { tenantId: 'ann' } as object];
    await expect(ann.execute(place('1'), bobs)).rejects.toMatchObject(refused);
    await expect(ann.list(bobs)).rejects.toMatchObject(refused);
    expect(() => ann.history('1', bobs)).toThrow('another tenant');
    await ann.execute(place('1'), anns);
    expect((await ann.list(anns)).orders).toHaveLength(1);
    expect((await engine.list(bobs)).orders).toEqual([]);
  });

  it('refuses what are no options with an error of its own', async () => {
    const { engine } = await testEngine();
    const ann = engine.tenant('ann');
    const unreadable = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('mine');
        },
      },
    );
    for (const wrong of [null, 'ann', 7, { tenantId: 7 }, { limits: 1 }, unreadable] as never[]) {
      await expect(ann.list(wrong)).rejects.toMatchObject(refused);
      await expect(ann.execute(place('1'), wrong)).rejects.toMatchObject(refused);
    }
  });

  it('cannot be bound to what is no tenant', async () => {
    const { engine } = await testEngine();
    for (const id of ['', 'a\0b', undefined, 7, {}]) {
      expect(() => engine.tenant(id as string)).toThrow(expect.objectContaining(refused));
    }
  });
});

describe("an engine with `tenants: 'required'`", () => {
  const strict = async (): Promise<OrderEngine> => {
    const { engine } = await testEngine({ tenants: 'required' });
    return engine;
  };

  it('refuses every call that names no tenant, and changes nothing', async () => {
    const engine = await strict();
    const calls = [
      () => engine.execute(place('1')),
      () => engine.get('1'),
      () => engine.getByNumber('1'),
      () => all(engine.history('1')),
      () => engine.list(),
      () => engine.explain('1'),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject(refused);
    await engine.subscribe({ name: 'all', from: 'beginning', handler: () => {} });
    await expect(engine.subscriptions.retry('all', { orderId: '1' })).rejects.toMatchObject(
      refused,
    );
    expect((await engine.list({ tenantId: 'default' })).orders).toEqual([]);
  });

  it('serves those that name one, and those of a bound engine', async () => {
    const engine = await strict();
    await engine.execute(place('1'), { tenantId: 'ann' });
    expect(await engine.tenant('ann').get('1')).toMatchObject({ tenantId: 'ann' });
  });

  it('makes a dead letter of a message whose tenant nobody says', async () => {
    const engine = await strict();
    const [transport, deadLetter] = [createInProcessTransport(), createInProcessTransport()];
    const options = { name: 'in', transport, deadLetter, map: () => place('1') };
    await engine.startReceiving(options);
    const message = { id: 'm', key: 'k', type: 't', sequence: undefined, headers: {} };
    await transport.publish([{ ...message, body: new Uint8Array() }]);
    await engine.idle();
    expect(engine.stats().messagesDeadLettered).toBe(1);
    expect((await engine.list({ tenantId: 'default' })).orders).toEqual([]);
  });

  it('takes no default tenant beside it', async () => {
    const making = createOrderEngine({ tenants: 'required', defaultTenantId: 'shop' });
    making.then((engine) => onTestFinished(() => engine.close())).catch(() => {});
    await expect(making).rejects.toMatchObject({
      ...refused,
      details: { option: 'defaultTenantId' },
    });
    await expect(createOrderEngine({ tenants: 'some' as never })).rejects.toMatchObject(refused);
  });
});
