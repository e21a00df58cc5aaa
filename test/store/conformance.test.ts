import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { createMemoryStore } from '../../src/store/memory.ts';
import { casesOf } from '../../src/testing/conformance/case.ts';
import { commitOf, expectOutcomes, write } from '../../src/testing/conformance/given.ts';
import {
  runStoreConformanceCase,
  type StoreConformanceCase,
} from '../../src/testing/conformance/index.ts';

function caseOf(run: StoreConformanceCase['run']): StoreConformanceCase {
  const [one] = casesOf('test', { 'a case': run });
  expect.assert(one !== undefined);
  return one;
}

describe('a case of the conformance suite', () => {
  it('names the commit that is meant when it fails', async () => {
    const createStore = () => ({ store: createMemoryStore() });
    const second = commitOf({
      orderId: 'order-2',
      expectedVersion: 3,
      number: 'N-7',
      key: 'key-9',
    });
    const named =
      'commit 2 of 2, {"tenantId":"tenant-1","orderId":"order-2","expectedVersion":3,' +
      '"key":"key-9","number":"N-7"}, has the outcome conflict, not committed';
    const writing = caseOf(({ store }) => write(store, commitOf(), second));
    await expect(runStoreConformanceCase(writing, createStore)).rejects.toThrow(named);
    const expecting = caseOf(({ store }) =>
      expectOutcomes(store, [
        [commitOf(), 'committed'],
        [second, 'committed'],
      ]),
    );
    await expect(runStoreConformanceCase(expecting, createStore)).rejects.toThrow(named);
  });

  it('tells once when opening the store is slow', async () => {
    const told: string[] = [];
    const listener = (warning: Error & { readonly code?: string }) => {
      if (warning.code === 'ORDERCHART_SLOW_OPEN') told.push(warning.message);
    };
    process.on('warning', listener);
    let elapsedMs = 0;
    const now = vi.spyOn(performance, 'now').mockImplementation(() => {
      elapsedMs += 2_500;
      return elapsedMs;
    });
    try {
      const warned = once(process, 'warning');
      const createStore = () => ({ store: createMemoryStore() });
      const idle = caseOf(async () => undefined);
      await runStoreConformanceCase(idle, createStore);
      await runStoreConformanceCase(idle, createStore);
      await warned;
    } finally {
      now.mockRestore();
      process.off('warning', listener);
    }
    expect(told).toEqual([expect.stringContaining('Opening the store took 2.5 s.')]);
  });
});
