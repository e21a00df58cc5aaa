import { createOrderEngine } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { delegateStore } from '../../src/testing/delegate.ts';
import { createStore, place, sharedStore, testEngine } from './kit.ts';

describe('createOrderEngine', () => {
  it('needs nothing', async () => {
    await using engine = await createOrderEngine();
    expect(await engine.execute(place('order-1'))).toMatchObject({ status: 'accepted' });
  });

  it.each([
    ['no object', 7],
    ['an unknown option', { cacheSizes: 1 }],
    ['a store without methods', { store: { name: 'nothing' } }],
    ['a clock without methods', { clock: Date }],
    ['ids that are none', { ids: () => 'id' }],
    ['a logger that cannot warn', { logger: { debug() {}, info() {}, error() {} } }],
    ['an unknown policy', { policy: { confirmWhen: 'sometimes' } }],
    ['a policy with surplus', { policy: { confirmsWhen: 'paid' } }],
    ['a fractional size', { cacheSize: 0.5 }],
    ['no queue', { queueSize: 0 }],
    ['an empty batch', { batchSize: 0 }],
    ['a negative time', { commandRetentionMs: -1 }],
    ['timers that are no boolean', { timers: 'yes' }],
    ['no attempt', { maximumAttempts: 0 }],
    ['a tenant without a name', { defaultTenantId: '' }],
    ['extensions that are none', { extensions: [{}] }],
    [
      'a getter that throws',
      {
        get store() {
          throw new Error('no');
        },
      },
    ],
  ])('refuses %s', async (_, options) => {
    await expect(createOrderEngine(options as never)).rejects.toMatchObject({
      code: 'invalidArgument',
    });
  });

  it('leaves the defaults where an option is undefined', async () => {
    const { engine } = await testEngine({
      cacheSize: undefined,
      policy: { confirmWhen: undefined } as never,
      extensions: undefined,
    });
    await engine.execute(place('order-1'));
    expect((await engine.get('order-1'))?.policy.confirmWhen).toBe('authorized');
  });

  it('tells why the store does not open', async () => {
    const store = delegateStore(createStore());
    const broken = {
      ...store,
      open: () => {
        throw new Error('locked');
      },
    };
    await expect(createOrderEngine({ store: broken })).rejects.toMatchObject({
      code: 'storeUnavailable',
      cause: { message: 'locked' },
    });
  });

  it('opens and closes the store once', async () => {
    const calls: string[] = [];
    const inner = sharedStore();
    const store = {
      ...inner,
      open: async () => {
        calls.push('open');
        await inner.open();
      },
      close: async () => {
        calls.push('close');
      },
    };
    const { engine } = await testEngine({ store });
    await Promise.all([engine.close(), engine.close()]);
    await engine.close();
    expect(calls).toEqual(['open', 'close']);
  });

  it('goes on with an order that was stored before some regions of the chart existed', async () => {
    const store = sharedStore();
    const { engine } = await testEngine({ store });
    await engine.execute(place('order-1'));
    const stored = <Kept extends { readonly status: object }>(record: Kept): Kept => {
      const { amendment: _, dispute, ...status } = { ...record.status } as Record<string, unknown>;
      return dispute === undefined ? record : { ...record, status };
    };
    const older = {
      ...store,
      load: async (...args: Parameters<typeof store.load>) =>
        (await store.load(...args)).map((record) => record && stored(record)),
      list: async (...args: Parameters<typeof store.list>) => {
        const page = await store.list(...args);
        return { ...page, records: page.records.map(stored) };
      },
    };
    const { engine: other } = await testEngine({ store: older });
    const complete = { status: { lifecycle: 'pending', amendment: 'none', dispute: 'none' } };
    expect(await other.get('order-1')).toMatchObject(complete);
    expect((await other.list()).orders).toMatchObject([complete]);
    expect(await other.explain('order-1')).toMatchObject(complete);
    expect(await other.execute({ type: 'order.cancel', orderId: 'order-1' })).toMatchObject({
      status: 'accepted',
      orderStatus: { lifecycle: 'cancelled', amendment: 'none', dispute: 'none' },
    });
  });

  it('refuses to work with an order whose status its chart does not know', async () => {
    const store = sharedStore();
    const { engine } = await testEngine({ store });
    await engine.execute(place('order-1'));
    const foreign = {
      ...store,
      load: async (...args: Parameters<typeof store.load>) =>
        (await store.load(...args)).map(
          (record) => record && { ...record, status: { ...record.status, lifecycle: 'haunted' } },
        ),
    };
    const { engine: other } = await testEngine({ store: foreign });
    const incompatible = { code: 'chartIncompatible' };
    await expect(other.get('order-1')).rejects.toMatchObject(incompatible);
    await expect(other.execute({ type: 'order.cancel', orderId: 'order-1' })).rejects.toMatchObject(
      incompatible,
    );
  });
});
