import type { Delivery } from 'orderchart';
import { createRabbitmqTransport } from 'orderchart/rabbitmq';
import { expect, it } from 'vitest';
import { createTcpProxy } from '../../../src/testing/tcp-proxy.ts';
import { eventually } from '../../eventually.ts';
import { describeService } from '../../services.ts';
import { testMessage } from '../collector.ts';
import { deleteQueues, quick, throughPort, uniqueName } from './place.ts';

// The queues of one consumer are begun one after the other, so the first one may deliver before
// the last one has begun. A connection that is lost in between is given up, and what it has
// delivered must not keep its room for good: a few of those and nothing would come any more.

const shards = 8;
const maximumInFlight = 3;
const cuts = 6;

await describeService('rabbitmq', ({ url }) => {
  it('what came by a connection that was lost while it began takes no room for good', async () => {
    const queue = uniqueName('starting');
    const proxy = await createTcpProxy({
      host: '127.0.0.1',
      port: Number(new URL(url).port || 5672),
    });
    const publisher = createRabbitmqTransport({ url, queue, shards, ...quick });
    await publisher.open();
    const ids = Array.from({ length: 80 }, (_, index) => `${index}`);
    const transport = createRabbitmqTransport({
      ...{ url: throughPort(url, proxy.port), queue, shards },
      ...quick,
    });
    await transport.open();
    const seen = new Set<string>();
    let cut = 0;
    const take = async ({ message, ack }: Delivery): Promise<void> => {
      if (cut < cuts) {
        cut += 1;
        proxy.cut();
        // By then the connection is gone, and nobody has been told yet that it was there.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await ack();
      seen.add(message.id);
    };
    const consumption = await transport.consume?.({
      maximumInFlight,
      deliver: (delivery) => void take(delivery).catch(() => undefined),
      onError: () => undefined,
    });
    await publisher.publish(ids.map((id) => testMessage(id, { key: `key-${id}` })));
    await eventually('all are done', () => seen.size === ids.length);
    expect(cut).toBe(cuts);
    await consumption?.close();
    await transport.close();
    await publisher.close();
    await proxy.close();
    await deleteQueues(url, ...Array.from({ length: shards }, (_, index) => `${queue}.${index}`));
  });
});
