import { compatibilityPartitioner } from '@platformatic/kafka';
import { Partitioners } from 'kafkajs';
import { expect, it } from 'vitest';

it('a key goes to one partition, whichever of these clients publishes it', () => {
  const choose = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: 7 }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 1,
    replicas: [1],
    isr: [1],
  }));
  for (let index = 0; index < 200; index += 1) {
    const key = Buffer.from(`default/order-${index}`);
    const message = { topic: 'events', key };
    const partition = choose({ topic: 'events', partitionMetadata, message: { key, value: null } });
    expect(compatibilityPartitioner(message, key) % 7).toBe(partition);
  }
});
