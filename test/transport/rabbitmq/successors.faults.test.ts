import type { Delivery } from 'orderchart';
import { createRabbitmqTransport } from 'orderchart/rabbitmq';
import { expect, it } from 'vitest';
import { eventually } from '../../eventually.ts';
import { describeService } from '../../services.ts';
import { testMessage } from '../collector.ts';
import { deleteQueues, quick, uniqueName } from './place.ts';

await describeService('rabbitmq', ({ url }) => {
  it.each(['quorum', 'classic'] as const)(
    'order holds on a %s queue although a consumer takes less than the one before it',
    async (queueType) => {
      const queue = uniqueName('successors');
      const transport = createRabbitmqTransport({ url, queue, queueType, ...quick });
      await transport.open();
      const ids = ['1', '2', '3', '4', '5', '6'];
      await transport.publish(ids.map((id) => testMessage(id, { key: 'order-1' })));
      const firsts: string[] = [];
      for (const maximumInFlight of [6, 4, 6]) {
        const deliveries: Delivery[] = [];
        const consumption = await transport.consume?.({
          maximumInFlight,
          deliver: (delivery) => deliveries.push(delivery),
          onError: () => undefined,
        });
        await eventually('the first one is in hand', () => deliveries.length > 0);
        // A round trip: by then the broker has sent what it was asked for.
        await transport.publish([testMessage('other', { key: 'order-2' })]);
        firsts.push(deliveries[0]?.message.id ?? '');
        await consumption?.close();
      }
      await transport.close();
      await deleteQueues(url, queue);
      expect(firsts).toEqual(['1', '1', '1']);
    },
  );
});
