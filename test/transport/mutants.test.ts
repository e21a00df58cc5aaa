import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  runTransportConformanceCase,
  type TransportConformanceCase,
  transportConformanceCases,
} from '../../src/testing/transport-conformance/index.ts';
import { useVirtualTime } from '../virtual-time.ts';
import { adapterMutants } from './mutants/adapters.ts';
import { afterwardsMutants } from './mutants/afterwards.ts';
import { closingMutants } from './mutants/closing.ts';
import { connectionMutants } from './mutants/connection.ts';
import { consumingMutants } from './mutants/consuming.ts';
import { errorMutants } from './mutants/errors.ts';
import { leftoverMutants } from './mutants/leftovers.ts';
import { messageMutants } from './mutants/messages.ts';
import { createMutant, type TransportMutant } from './mutants/mutant.ts';
import { otherBrokerMutants } from './mutants/other-brokers.ts';
import { otherConsumerMutants } from './mutants/other-consumers.ts';
import { otherDeliveryMutants } from './mutants/other-deliveries.ts';
import { publishingMutants } from './mutants/publishing.ts';
import { redeliveryMutants } from './mutants/redelivery.ts';
import { scopeMutants } from './mutants/scopes.ts';
import { secondTimeMutants } from './mutants/second-times.ts';
import { settlingMutants } from './mutants/settling.ts';

// Promise 19: a subtle fault in a transport is found, by a case whose name says what is wrong.
// That the suite finds nothing in the transport they are made of is told by reference.test.ts.

useVirtualTime();

const mutants = [
  ...adapterMutants,
  ...publishingMutants,
  ...messageMutants,
  ...consumingMutants,
  ...closingMutants,
  ...connectionMutants,
  ...redeliveryMutants,
  ...settlingMutants,
  ...afterwardsMutants,
  ...leftoverMutants,
  ...errorMutants,
  ...otherBrokerMutants,
  ...otherDeliveryMutants,
  ...otherConsumerMutants,
  ...scopeMutants,
  ...secondTimeMutants,
];
const cases = new Map(transportConformanceCases.map((one) => [one.name, one]));

/** Longer than the delays of the cases, so that none fails for want of patience. */
const patienceMs = 1_000;

/** Runs a case on a mutant; a rejection that it leaves unhandled is for the case alone to see. */
async function run(one: TransportConformanceCase, mutant: TransportMutant): Promise<void> {
  const listeners = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  try {
    await runTransportConformanceCase(one, () => createMutant(mutant), { patienceMs });
  } finally {
    for (const listener of listeners) process.on('unhandledRejection', listener);
  }
}

describe('the conformance suite of transports', () => {
  const before = fc.readConfigureGlobal();
  // The same lives in every run, so that those faults that only they find are found in every run.
  beforeAll(() => fc.configureGlobal({ ...before, seed: 7 }));
  afterAll(() => fc.configureGlobal({ ...before }));

  it('has cases of different names, and mutants too', () => {
    expect(cases.size).toBe(transportConformanceCases.length);
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  it.each(mutants)('finds: $name', async (mutant) => {
    const killer = cases.get(mutant.killedBy);
    expect.assert(killer !== undefined, `there is no case "${mutant.killedBy}"`);
    await expect(run(killer, mutant)).rejects.toThrow();
  });

  it('has no case that finds nothing', () => {
    const idle = new Set(cases.keys());
    for (const { killedBy } of mutants) idle.delete(killedBy);
    expect([...idle]).toEqual([]);
  });
});
