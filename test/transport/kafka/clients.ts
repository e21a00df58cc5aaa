import { Consumer, compatibilityPartitioner, Producer } from '@platformatic/kafka';
import { fromPlatformatic, type KafkaClient } from '../../../src/transport/kafka/index.ts';

/** Platformatic's client of a broker. */
export function platformatic(address: string): KafkaClient {
  return fromPlatformatic(
    { Consumer, Producer },
    {
      clientId: 'orderchart-test',
      bootstrapBrokers: [address],
      partitioner: compatibilityPartitioner,
    },
  );
}

/** The clients that can be installed everywhere. */
export const clients: Readonly<Record<string, (address: string) => KafkaClient>> = { platformatic };
