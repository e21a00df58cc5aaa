import { afterAll, describe, expect, it } from 'vitest';
import {
  runStoreConformanceCase,
  storeConformanceCases,
} from '../../src/testing/conformance/index.ts';
import { answerMutants } from './mutants/answers.ts';
import { clockAndNewsMutants } from './mutants/clock-and-news.ts';
import { consumerMutants, mutated } from './mutants/consumers.ts';
import { deadlineMutants } from './mutants/deadlines.ts';
import { failoverMutants } from './mutants/failover.ts';
import { furtherTransactionMutants } from './mutants/further-transactions.ts';
import { handleMutants, leftovers } from './mutants/handles.ts';
import { largeMutants } from './mutants/large.ts';
import { leaseMutants } from './mutants/leases.ts';
import { longPageMutants } from './mutants/long-pages.ts';
import { oddNameMutants } from './mutants/odd-names.ts';
import { otherConsumerMutants } from './mutants/other-consumers.ts';
import { otherDatabaseMutants } from './mutants/other-databases.ts';
import { parkingMutants } from './mutants/parking.ts';
import { purgingMutants } from './mutants/purging.ts';
import { readingMutants } from './mutants/reading.ts';
import { secondTrialMutants } from './mutants/second-trial/index.ts';
import { severalHandles } from './mutants/several-handles.ts';
import { statusMutants } from './mutants/statuses.ts';
import { thirdTrialMutants } from './mutants/third-trial/index.ts';
import { transactionMutants } from './mutants/transactions.ts';
import { writingMutants } from './mutants/writing.ts';

// Promise 19: a subtle fault in a store is found, by a case whose name says what is wrong.

const mutants = [
  ...failoverMutants,
  ...writingMutants,
  ...readingMutants,
  ...largeMutants,
  ...consumerMutants,
  ...parkingMutants,
  ...deadlineMutants,
  ...transactionMutants,
  ...statusMutants,
  ...furtherTransactionMutants,
  ...oddNameMutants,
  ...longPageMutants,
  ...leaseMutants,
  ...purgingMutants,
  ...handleMutants,
  ...clockAndNewsMutants,
  ...answerMutants,
  ...otherDatabaseMutants,
  ...otherConsumerMutants,
  ...secondTrialMutants,
  ...thirdTrialMutants,
];
const cases = new Map(storeConformanceCases.map((one) => [one.name, one]));

afterAll(() => {
  for (const takeAway of leftovers) takeAway();
});

describe('the conformance suite', () => {
  it('has cases of different names', () => {
    expect(cases.size).toBe(storeConformanceCases.length);
  });

  it('finds no fault in a store without one', async () => {
    const createStore = () => severalHandles((store) => store);
    for (const one of storeConformanceCases) {
      await expect(runStoreConformanceCase(one, createStore), one.name).resolves.toBeUndefined();
    }
  });

  it.each(mutants)('finds: $name', async (mutant) => {
    const killer = cases.get(mutant.killedBy);
    expect.assert(killer !== undefined, `there is no case "${mutant.killedBy}"`);
    const createMutant = () => severalHandles((store) => mutated(store, mutant));
    await expect(runStoreConformanceCase(killer, createMutant)).rejects.toThrow();
  });
});
