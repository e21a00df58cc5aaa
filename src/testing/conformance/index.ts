import assert from 'node:assert/strict';
import { z } from 'zod';
import {
  anyObject,
  callable,
  checkOptions,
  type OptionSchemas,
  withMethods,
} from '../../options.ts';
import type { StoreFeatures } from '../../store/store.ts';
import { alikeNameCases } from './alike-names.ts';
import { casesOf, type StoreConformanceCase } from './case.ts';
import { clockCases, newsCases } from './clock-and-news.ts';
import { closingCases, closingTransactionCases, durabilityCases } from './closing.ts';
import { commitCases } from './commits.ts';
import { deadlineCases } from './deadlines.ts';
import { failoverCases } from './failover.ts';
import { feedCases } from './feed.ts';
import { furtherTransactionCases, rewoundProjectionCases } from './further-transactions.ts';
import { historyCases } from './history.ts';
import { idempotencyCases } from './idempotency.ts';
import { largeCases } from './large.ts';
import {
  leaseEpochCases,
  membershipCases,
  removalCases,
  sharedEventCases,
} from './lease-epochs.ts';
import { leaseCases } from './leases.ts';
import { listingCases } from './listing.ts';
import { longPageCases } from './long-pages.ts';
import { filterCases, memberCases, rewindCases } from './members.ts';
import { modelCases } from './model.ts';
import { numberCases } from './numbers.ts';
import { oddNameCases } from './odd-names.ts';
import { oddValueCases } from './odd-values.ts';
import { parkingCases } from './parking.ts';
import { parkingPageCases } from './parking-pages.ts';
import { projectionCases } from './projections.ts';
import { purgeCases } from './purge.ts';
import { purgeBesideCases, purgeTransactionCases } from './purge-beside.ts';
import { readAgainCases, sharedReadAgainCases } from './read-again.ts';
import { runStoreConformanceCase, type StoreFactory, skipReason } from './run.ts';
import { sharingCases } from './sharing.ts';
import { sharingAtOnceCases } from './sharing-at-once.ts';
import { tenantCases } from './tenants.ts';
import { transactionCases } from './transactions.ts';
import { versionCases } from './versions.ts';
import { whatStaysCases } from './what-stays.ts';

export type { ConformanceContext, HostTransaction, StoreConformanceCase } from './case.ts';
export { runStoreConformanceCase, type StoreFactory, type StoreUnderTest } from './run.ts';

/** Every case that a store must pass, by group. */
export const storeConformanceCases: readonly StoreConformanceCase[] = [
  // Writing
  ...commitCases,
  ...versionCases,
  ...idempotencyCases,
  ...numberCases,
  // Reading
  ...historyCases,
  ...listingCases,
  ...feedCases,
  ...deadlineCases,
  ...tenantCases,
  ...readAgainCases,
  // Durable consumers
  ...leaseCases,
  ...leaseEpochCases,
  ...memberCases,
  ...filterCases,
  ...membershipCases,
  ...rewindCases,
  ...removalCases,
  ...parkingCases,
  ...parkingPageCases,
  ...failoverCases,
  ...sharedEventCases,
  // The rest of a store's life
  ...purgeCases,
  ...purgeBesideCases,
  ...oddValueCases,
  ...oddNameCases,
  ...alikeNameCases,
  ...longPageCases,
  ...largeCases,
  ...clockCases,
  ...newsCases,
  ...closingCases,
  ...closingTransactionCases,
  ...durabilityCases,
  ...sharingCases,
  ...sharingAtOnceCases,
  ...sharedReadAgainCases,
  ...transactionCases,
  ...furtherTransactionCases,
  ...purgeTransactionCases,
  ...projectionCases,
  ...rewoundProjectionCases,
  ...whatStaysCases,
  // Everything together, against a model
  ...modelCases,
];

/** The two functions that the suite needs of a test runner, as in vitest, node:test and mocha. */
export interface ConformanceRunner {
  /** Groups tests under a title. */
  readonly describe: (name: string, body: () => void) => unknown;
  /** Runs one test. */
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}

/** Options of {@link storeConformance}. */
export interface StoreConformanceOptions {
  /** The `describe` and `it` of the test runner. */
  readonly runner: ConformanceRunner;
  /** Returns a new, empty, unopened store. */
  readonly createStore: StoreFactory;
  /** The declared features. They select the cases, and are compared with those of the store. */
  readonly features: StoreFeatures;
}

const schema = z.strictObject({
  runner: withMethods<ConformanceRunner>(
    'have the functions `describe` and `it`',
    'describe',
    'it',
  ),
  createStore: callable<StoreFactory>(),
  features: anyObject<StoreFeatures>(),
} satisfies OptionSchemas<StoreConformanceOptions>);

/**
 * Registers the conformance suite for stores with a test runner. A case that does not apply is
 * also registered, under a name that ends with the reason, so that skipped cases are visible.
 *
 * @example
 * storeConformance({
 *   runner: { describe, it },
 *   createStore: () => ({ store: createMyStore() }),
 *   features: { durable: false, shared: false, partitions: 1, transactions: false },
 * });
 */
export function storeConformance(options: StoreConformanceOptions): void {
  const { runner, createStore, features } = checkOptions('storeConformance', schema, options);
  const cases = [...featureCases(features), ...storeConformanceCases];
  for (const [group, inGroup] of Map.groupBy(cases, (one) => one.group)) {
    runner.describe(group, () => {
      for (const one of inGroup) {
        const reason = skipReason(one, features);
        if (reason === undefined) {
          runner.it(one.name, () => runStoreConformanceCase(one, createStore));
        } else {
          runner.it(`${one.name} (skipped: ${reason})`, async () => undefined);
        }
      }
    });
  }
}

function featureCases(features: StoreFeatures): readonly StoreConformanceCase[] {
  return casesOf('features', {
    'the store has the features that it is tested for': async ({ store }) => {
      assert.deepEqual(store.features, features);
      assert.notEqual(store.name, '');
    },
  });
}
