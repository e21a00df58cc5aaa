import { transportConformance } from 'orderchart/testing';
import { describe, it } from 'vitest';
import { describeService } from '../services.ts';
import { rabbitmqUnderTest } from './rabbitmq/place.ts';

const features = {
  consumes: true,
  durable: true,
  ordered: true,
  deduplicates: false,
  redelivers: true,
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
      createTransport: () => rabbitmqUnderTest(url, { queueType }),
      features,
      provides,
    });
  });

  describe('three sharded queues conform', () => {
    transportConformance({
      runner: { describe, it },
      createTransport: () => rabbitmqUnderTest(url, { queueType: 'classic', shards: 3 }),
      features,
      provides,
    });
  });
});
