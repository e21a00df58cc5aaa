import type { OrderKey, OrderRecord, OrderStore } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { OrderLoader } from '../../src/engine/commands/loader.ts';
import type { TaskRequest } from '../../src/engine/commands/task.ts';
import { OrderchartError } from '../../src/errors.ts';
import { gate, turns } from './turns.ts';

// What travels to the store together, and who hears of it when some of it fails.

const recordOf = ({ tenantId, orderId }: OrderKey) =>
  ({ tenantId, orderId, order: { lines: [] } }) as unknown as OrderRecord;

const corrupt = () => new OrderchartError('storeCorrupt', 'damaged');

function loading(check: (record: OrderRecord) => void = () => {}) {
  const calls: string[][] = [];
  const test = {
    load: async (keys: readonly OrderKey[]): Promise<readonly (OrderRecord | undefined)[]> =>
      keys.map(recordOf),
  };
  const load: OrderStore['load'] = async (keys) => {
    calls.push(keys.map(({ tenantId, orderId }) => `${tenantId}/${orderId}`));
    return test.load(keys);
  };
  const store = { name: 'test', load } as unknown as OrderStore;
  return { calls, test, loader: new OrderLoader(store, check) };
}

const codeOf = (error: unknown) => (error as OrderchartError).code;

describe('orders that are asked for in one turn', () => {
  it('travel together, each once, and come to everybody who asked', async () => {
    const { calls, loader } = loading();
    const loads = [loader.load('t', 'a'), loader.load('u', 'a'), loader.load('t', 'a')];
    expect(calls).toEqual([]);
    const [first, other, again] = await Promise.all(loads);
    expect(calls).toEqual([['t/a', 'u/a']]);
    expect(first).toEqual(recordOf({ tenantId: 't', orderId: 'a' }));
    expect(other?.tenantId).toBe('u');
    expect(again).toBe(first);
    await loader.load('t', 'a');
    expect(calls).toEqual([['t/a', 'u/a'], ['t/a']]);
  });

  it('travel 32 at a time, in four calls at once, and the next as soon as one is back', async () => {
    const { calls, test, loader } = loading();
    const holds = Array.from({ length: 6 }, () => gate());
    test.load = async (keys) => {
      await holds[calls.length - 1]?.opened;
      return keys.map(recordOf);
    };
    const loads = Array.from({ length: 161 }, (_, index) => loader.load('t', `${index}`));
    await turns(3);
    expect(calls.map(({ length }) => length)).toEqual([32, 32, 32, 32]);
    holds[2]?.open();
    await turns(3);
    expect(calls.map(({ length }) => length)).toEqual([32, 32, 32, 32, 32]);
    for (const hold of holds) hold.open();
    const records = await Promise.all(loads);
    expect(records.map((record) => record?.orderId)).toEqual(loads.map((_, index) => `${index}`));
    expect(calls.map(({ length }) => length)).toEqual([32, 32, 32, 32, 32, 1]);
    expect(calls.flat()).toEqual(loads.map((_, index) => `t/${index}`));
  });

  it('come frozen, and are nothing where there is none', async () => {
    const checked: string[] = [];
    const { test, loader } = loading(({ orderId }) => void checked.push(orderId));
    test.load = async (keys) =>
      keys.map((key) => (key.orderId === 'none' ? undefined : recordOf(key)));
    const [found, none] = await Promise.all([loader.load('t', 'a'), loader.load('t', 'none')]);
    expect(none).toBeUndefined();
    expect(Object.isFrozen(found)).toBe(true);
    expect(Object.isFrozen(found?.order)).toBe(true);
    expect(checked).toEqual(['a']);
  });
});

describe('a load that fails', () => {
  it('fails for all that travelled together when the store is away, and is not tried again', async () => {
    const { calls, test, loader } = loading();
    const away = new OrderchartError('storeUnavailable', 'away');
    test.load = async () => {
      throw away;
    };
    const loads = await Promise.allSettled([loader.load('t', 'a'), loader.load('t', 'b')]);
    const failed = { status: 'rejected', reason: away };
    expect(loads).toEqual([failed, failed]);
    expect(calls).toHaveLength(1);
    test.load = async (keys) => keys.map(recordOf);
    expect(await loader.load('t', 'a')).toBeDefined();
  });

  it('fails for the damaged order alone, and the others are asked for without it', async () => {
    const { calls, test, loader } = loading();
    test.load = async (keys) => {
      if (keys.some(({ orderId }) => orderId === 'bad')) throw corrupt();
      return keys.map(recordOf);
    };
    const loads = ['a', 'bad', 'c'].map((orderId) => loader.load('t', orderId));
    const [first, bad, third] = await Promise.allSettled(loads);
    expect(first).toMatchObject({ value: { orderId: 'a' } });
    expect(bad).toMatchObject({ reason: { code: 'storeCorrupt' } });
    expect(third).toMatchObject({ value: { orderId: 'c' } });
    expect(calls).toEqual([['t/a', 't/bad', 't/c'], ['t/a'], ['t/bad'], ['t/c']]);
    // One that is alone is to blame, and is not asked for again.
    await expect(loader.load('t', 'bad')).rejects.toMatchObject({ code: 'storeCorrupt' });
    expect(calls).toHaveLength(5);
  });

  it('fails for the one order that the engine cannot work with', async () => {
    const refusal = new OrderchartError('storeCorrupt', 'other chart');
    const { calls, loader } = loading(({ orderId }) => {
      if (orderId === 'bad') throw refusal;
    });
    const loads = [loader.load('t', 'bad'), loader.load('t', 'good')];
    const [bad, good] = await Promise.allSettled(loads);
    expect(bad).toEqual({ status: 'rejected', reason: refusal });
    expect(good).toMatchObject({ value: { orderId: 'good' } });
    expect(calls).toHaveLength(1);
  });

  it('says that a store is to blame which answers too few or too many', async () => {
    const { test, loader } = loading();
    for (const answered of [1, 3]) {
      test.load = async () => Array.from({ length: answered }, () => undefined);
      const loads = await Promise.allSettled([loader.load('t', 'a'), loader.load('t', 'b')]);
      const reason = expect.objectContaining({
        code: 'storeDefect',
        message: `The store 'test' returned ${answered} records for 2 keys.`,
        details: { asked: 2, answered },
      });
      expect(loads).toEqual(Array(2).fill({ status: 'rejected', reason }));
    }
  });
});

describe('an order of a request', () => {
  const request = (transaction?: object) =>
    ({ tenantId: 't', orderId: 'a', transaction }) as unknown as TaskRequest;

  it('is what the store has, without a transaction', async () => {
    const { calls, loader } = loading();
    expect(await loader.loadFor(request())).toMatchObject({ orderId: 'a' });
    expect(calls).toEqual([['t/a']]);
  });

  it('is what its transaction sees, checked and frozen as well', async () => {
    const { calls, loader } = loading(({ orderId }) => {
      if (orderId === 'bad') throw corrupt();
    });
    const asked: unknown[] = [];
    const within = (record: OrderRecord | undefined) => ({
      load: async (keys: readonly OrderKey[]) => {
        asked.push(keys);
        return [record];
      },
    });
    const record = recordOf({ tenantId: 't', orderId: 'a' });
    expect(await loader.loadFor(request(within(record)))).toBe(record);
    expect(Object.isFrozen(record.order)).toBe(true);
    expect(await loader.loadFor(request(within(undefined)))).toBeUndefined();
    const bad = within(recordOf({ tenantId: 't', orderId: 'bad' }));
    expect(await loader.loadFor(request(bad)).catch(codeOf)).toBe('storeCorrupt');
    expect(asked).toEqual(Array(3).fill([{ tenantId: 't', orderId: 'a' }]));
    expect(calls).toEqual([]);
  });
});
