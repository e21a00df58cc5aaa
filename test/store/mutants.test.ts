import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/store/memory.ts';
import {
  runStoreConformanceCase,
  storeConformanceCases,
} from '../../src/testing/conformance/index.ts';
import { delegateStore } from '../../src/testing/delegate.ts';
import { consumerMutants, mutated } from './mutants/consumers.ts';
import { readingMutants } from './mutants/reading.ts';
import { writingMutants } from './mutants/writing.ts';

// Promise 19: a subtle fault in a store is found, by a case whose name says what is wrong.

const mutants = [...writingMutants, ...readingMutants, ...consumerMutants];
const cases = new Map(storeConformanceCases.map((one) => [one.name, one]));

describe('the conformance suite', () => {
  it('has cases of different names', () => {
    expect(cases.size).toBe(storeConformanceCases.length);
  });

  it('finds no fault in a store without one', async () => {
    for (const one of storeConformanceCases.filter((candidate) => !candidate.needs)) {
      const createStore = () => ({ store: delegateStore(createMemoryStore()) });
      await expect(runStoreConformanceCase(one, createStore), one.name).resolves.toBeUndefined();
    }
  });

  it.each(mutants)('finds: $name', async (mutant) => {
    const killer = cases.get(mutant.killedBy);
    expect.assert(killer !== undefined, `there is no case "${mutant.killedBy}"`);
    const createStore = () => ({ store: mutated(delegateStore(createMemoryStore()), mutant) });
    await expect(runStoreConformanceCase(killer, createStore)).rejects.toThrow();
  });
});
