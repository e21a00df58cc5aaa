import {
  runTransportConformanceCase,
  transportConformance,
  transportConformanceCases,
} from 'orderchart/testing';
import { describe, it } from 'vitest';
import { describeService } from '../services.ts';
import { rabbitmqUnderTest } from './rabbitmq/place.ts';

const features = {
  consumes: true,
  durable: true,
  ordered: true,
  deduplicates: false,
  redelivers: true,
  tellsFirstDelivery: false,
  delays: true,
  concurrentConsumers: true,
  maximumBodyBytes: 1_048_576,
} as const;

const provides = [
  'again',
  'breakConnection',
  'interrupt',
  'wrongAddress',
  'wrongCredentials',
] as const;

await describeService('rabbitmq', ({ url }) => {
  describe.each(['quorum', 'classic'] as const)('a %s queue conforms', (queueType) => {
    transportConformance({
      runner: { describe, it },
      patienceMs: 300_000,
      createTransport: () => rabbitmqUnderTest(url, { queueType }),
      features,
      provides,
    });

    // It cannot tell after an earlier consumer was there; without one it can.
    it.each(
      transportConformanceCases.filter(
        ({ name }) =>
          name === 'the first delivery of a message that waited for a consumer is attempt 1',
      ),
    )('$name', (each) =>
      runTransportConformanceCase(each, () => rabbitmqUnderTest(url, { queueType }), {
        patienceMs: 300_000,
      }),
    );
  });

  describe('three sharded queues conform', () => {
    transportConformance({
      runner: { describe, it },
      patienceMs: 300_000,
      createTransport: () => rabbitmqUnderTest(url, { queueType: 'classic', shards: 3 }),
      features,
      provides,
    });
  });
});
