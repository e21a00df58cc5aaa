import { describe, expect, it } from 'vitest';
import { isOrderchartError } from '../../src/errors.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import type { OrderStore } from '../../src/store/store.ts';
import { commitOf, firstOrder, loadOne, upTo } from '../../src/testing/conformance/given.ts';
import {
  runStoreConformanceCase,
  storeConformanceCases,
} from '../../src/testing/conformance/index.ts';
import { type FaultOptions, faultyStore } from '../../src/testing/faults.ts';

async function openFaulty(options: FaultOptions) {
  const store = faultyStore(createMemoryStore(), options);
  await store.open();
  return store;
}

/** Commits one order per call, and tells how each call ended. */
async function endings(store: OrderStore): Promise<string[]> {
  const calls = upTo(30).map(async (index) => {
    const [outcome] = await store.commit([commitOf({ orderId: `order-${index}` })]);
    return outcome?.status;
  });
  const settled = await Promise.allSettled(calls);
  return settled.map((one) =>
    one.status === 'fulfilled' ? `${one.value}` : (one.reason as { code: string }).code,
  );
}

describe('a faulty store', () => {
  it('has the same faults for the same seed, and others for another', async () => {
    const [first, second, other] = await Promise.all(
      [1, 1, 2].map(async (seed) => {
        const store = await openFaulty({ seed, rate: 0.5 });
        return { endings: await endings(store), injected: store.injected };
      }),
    );
    expect(second).toEqual(first);
    expect(other?.injected).not.toEqual(first?.injected);
    expect(new Set(first?.endings).size).toBeGreaterThan(2);
  });

  it('has no fault at rate 0 and only faults at rate 1', async () => {
    const none = await openFaulty({ seed: 3, rate: 0 });
    expect(new Set(await endings(none))).toEqual(new Set(['committed']));
    const all = await openFaulty({ seed: 3, rate: 1, faults: ['unavailable'] });
    expect(new Set(await endings(all))).toEqual(new Set(['storeUnavailable']));
    expect(all.injected).toHaveLength(30);
  });

  it.each([
    ['unavailable', 'storeUnavailable', 0],
    ['requestLost', 'outcomeUnknown', 0],
    ['answerLost', 'outcomeUnknown', 1],
  ] as const)('%s throws %s and leaves version %i', async (fault, code, version) => {
    const store = await openFaulty({ plan: [fault] });
    await expect(store.commit([commitOf()])).rejects.toSatisfy((error) =>
      isOrderchartError(error, code),
    );
    expect((await loadOne(store))?.version ?? 0).toBe(version);
    // The plan is at its end: the next call is a good one.
    expect(await store.commit([commitOf({ expectedVersion: version })])).toEqual([
      { status: 'committed' },
    ]);
  });

  it('a spurious conflict leaves the rest of the batch alone', async () => {
    const store = await openFaulty({ plan: ['conflict'] });
    const outcomes = await store.commit([commitOf(), commitOf({ orderId: 'order-2' })]);
    expect(outcomes).toEqual([{ status: 'conflict' }, { status: 'committed' }]);
    expect(await loadOne(store, firstOrder)).toBeUndefined();
  });

  it('a late write comes after later calls, a late answer does not', async () => {
    const writtenFirst = async (fault: 'lateWrite' | 'lateAnswer') => {
      const store = await openFaulty({ plan: [fault] });
      const late = store.commit([commitOf({ orderId: 'late' })]);
      await store.commit([commitOf({ orderId: 'later' })]);
      await late;
      return (await store.feed(0, 0, 1))[0]?.event.orderId;
    };
    expect(await writtenFirst('lateWrite')).toBe('later');
    expect(await writtenFirst('lateAnswer')).toBe('late');
  });

  it('that is only slow keeps everything the port promises', async () => {
    for (const one of storeConformanceCases.filter((candidate) => !candidate.needs)) {
      const createStore = () => ({
        store: faultyStore(createMemoryStore(), {
          seed: 11,
          rate: 0.5,
          faults: ['lateAnswer', 'lateWrite'],
        }),
      });
      await expect(runStoreConformanceCase(one, createStore), one.name).resolves.toBeUndefined();
    }
  });
});
