import { setTimeout as pause } from 'node:timers/promises';
import type { Delivery } from 'orderchart';
import { createRabbitmqTransport } from 'orderchart/rabbitmq';
import { expect, it } from 'vitest';
import { eventually } from '../../eventually.ts';
import { describeService } from '../../services.ts';
import { testMessage } from '../collector.ts';
import { deleteQueues, quick, uniqueName } from './place.ts';

await describeService('rabbitmq', ({ url }) => {
  it('shards together have no more in hand than `maximumInFlight`', async () => {
    const queue = uniqueName('shards');
    const transport = createRabbitmqTransport({ url, queue, shards: 3, ...quick });
    await transport.open();
    const count = 60;
    const messages = Array.from({ length: count }, (_, index) =>
      testMessage(`${index}`, { key: `key-${index}` }),
    );
    await transport.publish(messages);
    let inFlight = 0;
    let mostInFlight = 0;
    let done = 0;
    // As the engine does: what is acked is in flight until it hears that the broker knows.
    const take = async ({ ack }: Delivery): Promise<void> => {
      inFlight += 1;
      mostInFlight = Math.max(mostInFlight, inFlight);
      // Work that takes a while, so that every shard has sent what it may.
      await pause(5);
      await ack();
      inFlight -= 1;
      done += 1;
    };
    const consumption = await transport.consume?.({
      maximumInFlight: 4,
      deliver: (delivery) => void take(delivery),
      onError: () => undefined,
    });
    await eventually('all are done', () => done === count);
    await consumption?.close();
    await transport.close();
    await deleteQueues(url, `${queue}.0`, `${queue}.1`, `${queue}.2`);
    expect(mostInFlight).toBeLessThanOrEqual(4);
  });
});
