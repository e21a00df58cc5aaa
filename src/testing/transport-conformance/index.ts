import assert from 'node:assert/strict';
import { z } from 'zod';
import {
  anyObject,
  callable,
  checkOptions,
  longestTimerMs,
  type OptionSchemas,
  oneOf,
  whole,
  withMethods,
} from '../../options.ts';
import type { TransportFeatures } from '../../transport/transport.ts';
import { afterwardsCases } from './afterwards.ts';
import { backpressureCases } from './backpressure.ts';
import {
  casesOf,
  type TransportConformanceCase,
  type TransportProvision,
  transportProvisions,
} from './case.ts';
import { closingCases } from './closing.ts';
import { confirmationCases } from './confirmation.ts';
import { delayCases } from './delays.ts';
import { deliveryCases } from './delivery.ts';
import { discretionCases } from './discretion.ts';
import { duplicateCases } from './duplicates.ts';
import { durabilityCases } from './durability.ts';
import { leftoverCases } from './leftovers.ts';
import { modelCases } from './model.ts';
import { nackCases } from './nacks.ts';
import { openingCases } from './opening.ts';
import { orderCases } from './order.ts';
import { payloadCases } from './payloads.ts';
import { reconnectingCases } from './reconnecting.ts';
import { redeliveryCases } from './redelivery.ts';
import {
  runTransportConformanceCase,
  type TransportCaseOptions,
  type TransportFactory,
} from './run.ts';
import { settlingCases } from './settling.ts';
import { sharingCases } from './sharing.ts';
import { transportSkipReason } from './skip.ts';

export type {
  Arrivals,
  TransportConformanceCase,
  TransportConformanceContext,
  TransportNeed,
  TransportProvision,
  UnopenableTransport,
} from './case.ts';
export type { Consumer, ConsumerOptions } from './consumer.ts';
export {
  runTransportConformanceCase,
  type TransportCaseOptions,
  type TransportFactory,
  type TransportUnderTest,
} from './run.ts';
export { type TransportAbilities, transportSkipReason } from './skip.ts';

/** Every case that a transport must pass, by group. */
export const transportConformanceCases: readonly TransportConformanceCase[] = [
  ...deliveryCases,
  ...sharingCases,
  ...confirmationCases,
  ...orderCases,
  ...redeliveryCases,
  ...nackCases,
  ...delayCases,
  ...settlingCases,
  ...duplicateCases,
  ...payloadCases,
  ...backpressureCases,
  ...openingCases,
  ...reconnectingCases,
  ...afterwardsCases,
  ...durabilityCases,
  ...closingCases,
  ...leftoverCases,
  ...discretionCases,
  // Everything together, at random
  ...modelCases,
];

/** The two functions that the suite needs of a test runner, as in vitest, node:test and mocha. */
export interface TransportConformanceRunner {
  /** Groups tests under a title. */
  readonly describe: (name: string, body: () => void) => unknown;
  /** Runs one test. */
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}

/** Options of {@link transportConformance}. */
export interface TransportConformanceOptions extends TransportCaseOptions {
  /** The `describe` and `it` of the test runner. */
  readonly runner: TransportConformanceRunner;
  /** Returns a new, unopened transport to an empty queue. */
  readonly createTransport: TransportFactory;
  /** The declared features. They select the cases, and are compared with those of the transport. */
  readonly features: TransportFeatures;
  /** What the factory provides besides the transport. It selects the cases, and is checked, too. */
  readonly provides?: readonly TransportProvision[];
}

const schema = z.strictObject({
  runner: withMethods<TransportConformanceRunner>(
    'have the functions `describe` and `it`',
    'describe',
    'it',
  ),
  createTransport: callable<TransportFactory>(),
  features: anyObject<TransportFeatures>(),
  provides: z
    .array(oneOf(...transportProvisions))
    .readonly()
    .optional(),
  patienceMs: whole(1, longestTimerMs, 'milliseconds').optional(),
  onSlow: callable<(message: string) => void>().optional(),
} satisfies OptionSchemas<TransportConformanceOptions>);

/**
 * Registers the conformance suite for transports with a test runner. A case that does not apply is
 * also registered, under a name that ends with the reason, so that skipped cases are visible.
 *
 * @example
 * transportConformance({
 *   runner: { describe, it },
 *   createTransport: () => {
 *     const queue = `test-${randomUUID()}`;
 *     return {
 *       transport: createMyTransport({ queue }),
 *       again: () => createMyTransport({ queue }),
 *       dispose: () => removeQueue(queue),
 *     };
 *   },
 *   provides: ['again'],
 *   features: {
 *     consumes: true, durable: true, ordered: true, deduplicates: false, redelivers: true,
 *     tellsFirstDelivery: true, delays: true,
 *     concurrentConsumers: true, maximumBodyBytes: 1024 * 1024,
 *   },
 * });
 */
export function transportConformance(options: TransportConformanceOptions): void {
  const { runner, createTransport } = checkOptions('transportConformance', schema, options);
  const cases = [...abilityCases(options), ...transportConformanceCases];
  for (const [group, inGroup] of Map.groupBy(cases, (one) => one.group)) {
    runner.describe(group, () => {
      for (const one of inGroup) {
        const reason = transportSkipReason(one, options);
        if (reason === undefined) {
          runner.it(one.name, () => runTransportConformanceCase(one, createTransport, options));
        } else {
          runner.it(`${one.name} (skipped: ${reason})`, async () => undefined);
        }
      }
    });
  }
}

function abilityCases(options: TransportConformanceOptions): readonly TransportConformanceCase[] {
  const { features, provides = [], createTransport } = options;
  return casesOf('features', [], {
    'the transport has the features that it is tested for': async ({ transport }) => {
      assert.deepEqual(transport.features, features);
      assert.notEqual(transport.name, '');
      assert.equal(transport.consume !== undefined, features.consumes);
    },

    'the factory provides what `provides` names': async () => {
      const subject = await createTransport();
      const provided = transportProvisions.filter((name) => subject[name] !== undefined);
      await subject.dispose?.();
      assert.deepEqual(
        provided,
        transportProvisions.filter((name) => provides.includes(name)),
      );
    },
  });
}
