import { describe, it } from 'vitest';
import { transportConformance } from '../../src/testing/transport-conformance/index.ts';
import { useVirtualTime } from '../virtual-time.ts';
import { createReference, referenceFeatures, referenceProvides } from './reference.ts';

useVirtualTime();

// What the mutants are made of has no fault that the suite finds.

describe('the reference transport', () => {
  transportConformance({
    runner: { describe, it },
    createTransport: createReference,
    provides: referenceProvides,
    features: referenceFeatures,
  });
});

// Cases share nothing, so that a runner may run them side by side where a broker is slow.
describe('the reference transport, all cases of a group at once', () => {
  transportConformance({
    runner: { describe, it: it.concurrent },
    createTransport: createReference,
    provides: referenceProvides,
    features: referenceFeatures,
  });
});

describe('the reference transport, when it only publishes', () => {
  const features = { ...referenceFeatures, consumes: false, redelivers: false, delays: false };
  transportConformance({
    runner: { describe, it },
    createTransport: () => {
      const { broker, transport, ...rest } = createReference();
      const { consume: _, ...publisher } = { ...transport, features };
      return {
        transport: publisher,
        received: () => broker.log,
        breakConnection: rest.breakConnection,
        interrupt: rest.interrupt,
      };
    },
    provides: ['received', 'breakConnection', 'interrupt'],
    features,
  });
});
