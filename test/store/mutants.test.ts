import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/store/memory.ts';
import {
  runStoreConformanceCase,
  type StoreConformanceCase,
  storeConformanceCases,
} from '../../src/testing/conformance/index.ts';
import { delegateStore } from '../../src/testing/delegate.ts';
import { consumerMutants, mutated } from './mutants/consumers.ts';
import { readingMutants } from './mutants/reading.ts';
import { transactionMutants } from './mutants/transactions.ts';
import { writingMutants } from './mutants/writing.ts';
import { transactionalStore } from './transactional-store.ts';

// Promise 19: a subtle fault in a store is found, by a case whose name says what is wrong.

function createStore() {
  const store = transactionalStore(createMemoryStore());
  const begin = () => {
    const transaction = store.begin();
    return { transaction, commit: transaction.commit, rollBack: transaction.rollBack };
  };
  return { store: delegateStore(store), begin };
}

/** In memory nothing is durable, and no other process can come. */
const isPossible = ({ needs }: StoreConformanceCase) =>
  needs === undefined || needs === 'transactions';

const mutants = [...writingMutants, ...readingMutants, ...consumerMutants, ...transactionMutants];
const cases = new Map(storeConformanceCases.map((one) => [one.name, one]));

describe('the conformance suite', () => {
  it('has cases of different names', () => {
    expect(cases.size).toBe(storeConformanceCases.length);
  });

  it('finds no fault in a store without one', async () => {
    for (const one of storeConformanceCases.filter(isPossible)) {
      await expect(runStoreConformanceCase(one, createStore), one.name).resolves.toBeUndefined();
    }
  });

  it.each(mutants)('finds: $name', async (mutant) => {
    const killer = cases.get(mutant.killedBy);
    expect.assert(killer !== undefined, `there is no case "${mutant.killedBy}"`);
    const createMutant = () => {
      const { store, begin } = createStore();
      return { store: mutated(store, mutant), begin };
    };
    await expect(runStoreConformanceCase(killer, createMutant)).rejects.toThrow();
  });
});
