import fc from 'fast-check';
import { isOrderchartError } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { Progress } from '../../../src/transport/kafka/progress.ts';
import { eventually } from '../../eventually.ts';
import { useVirtualTime } from '../../virtual-time.ts';
import { incoming } from './fake-client.ts';
import { consuming, delivery, type Scene } from './scene.ts';

useVirtualTime();

const committed = ({ consumer }: Scene): readonly object[] =>
  consumer.commits.map((offsets) => Object.fromEntries(offsets));

describe('what is committed', () => {
  it('stands before the first record that is not acked, partition by partition', async () => {
    const scene = await consuming();
    await scene.consumer.give(...[0, 1, 2].map((offset) => incoming(0, offset)), incoming(1, 7));
    await delivery(scene, '0/1').ack();
    await delivery(scene, '0/2').ack();
    expect(committed(scene)).toEqual([]);
    await delivery(scene, '1/7').ack();
    await delivery(scene, '0/0').ack();
    expect(committed(scene)).toEqual([{ 1: 8n }, { 0: 3n }]);
  });

  it('goes in one request for all that was acked during the last one', async () => {
    const scene = await consuming();
    const first = Promise.withResolvers<void>();
    await scene.consumer.give(...[0, 1, 2, 3].map((offset) => incoming(0, offset)));
    let isCommitting = false;
    scene.consumer.committing = () => {
      isCommitting = true;
      return first.promise;
    };
    const acks = [delivery(scene, '0/0').ack()];
    await eventually('the first commit is under way', () => isCommitting);
    acks.push(...['0/1', '0/2', '0/3'].map((id) => delivery(scene, id).ack()));
    first.resolve();
    await Promise.all(acks);
    expect(committed(scene)).toEqual([{ 0: 1n }, { 0: 4n }]);
  });

  it('what was acked before the consumption is closed is committed', async () => {
    const scene = await consuming();
    await scene.consumer.give(incoming(0, 0), incoming(0, 1));
    const acks = ['0/0', '0/1'].map((id) => delivery(scene, id).ack());
    await scene.collector.end();
    await Promise.all(acks);
    expect(scene.consumer.commits.at(-1)).toEqual(new Map([[0, 2n]]));
    expect(scene.consumer.isClosed).toBe(true);
  });

  it('a nack after an ack that failed, and of what comes again anyway, does nothing', async () => {
    const scene = await consuming();
    await scene.consumer.give(incoming(0, 0), incoming(0, 1));
    const [first, second] = scene.collector.deliveries;
    scene.consumer.committing = () => Promise.reject(new Error('the coordinator has moved'));
    await expect(first?.ack()).rejects.toThrow('moved');
    await first?.nack();
    scene.consumer.sink.assigned();
    await second?.nack();
    await expect(second?.ack()).rejects.toThrow('already');
    expect(scene.collector.deliveries).toHaveLength(2);
  });

  it('an ack whose commit failed is rejected, and the next one covers it', async () => {
    const scene = await consuming();
    await scene.consumer.give(incoming(0, 0), incoming(0, 1));
    scene.consumer.committing = () => Promise.reject(new Error('the coordinator has moved'));
    await expect(delivery(scene, '0/0').ack()).rejects.toThrow('moved');
    scene.consumer.committing = async () => undefined;
    await delivery(scene, '0/1').ack();
    expect(committed(scene)).toEqual([{ 0: 2n }]);
  });

  it('is the end of the longest prefix that is done, whatever is done in whatever order', () => {
    const offsets = fc
      .uniqueArray(fc.nat(1_000), { minLength: 1, maxLength: 30 })
      .map((some) => some.toSorted((one, other) => one - other));
    const orders = offsets.chain((some) =>
      fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: 0 })),
    );
    fc.assert(
      fc.property(orders, ([taken, done]) => {
        const progress = new Progress();
        for (const offset of taken) expect(progress.take(BigInt(offset))).toBe(true);
        let place: bigint | undefined;
        const isDone = new Set<number>();
        for (const offset of done) {
          place = progress.done(BigInt(offset)) ?? place;
          isDone.add(offset);
          const open = taken.findIndex((one) => !isDone.has(one));
          const last = taken.at(open === -1 ? taken.length - 1 : open - 1);
          expect(place).toBe(open === 0 || last === undefined ? undefined : BigInt(last) + 1n);
        }
      }),
    );
  });
});

describe('order per key', () => {
  const key = Buffer.from('order-1');

  it('of a key one message is in hand, the others of its partition go on', async () => {
    const scene = await consuming();
    await scene.consumer.give(
      incoming(0, 0, { key }),
      incoming(0, 1, { key }),
      incoming(0, 2),
      incoming(0, 3, { key: null }),
      incoming(0, 4, { key: null }),
    );
    expect(scene.collector.ids()).toEqual(['0/0', '0/2', '0/3', '0/4']);
    await delivery(scene, '0/0').ack();
    expect(scene.collector.ids()).toEqual(['0/0', '0/2', '0/3', '0/4', '0/1']);
  });

  it('a message that was nacked comes again before the later ones of its key', async () => {
    const scene = await consuming();
    await scene.consumer.give(incoming(0, 0, { key }), incoming(0, 1, { key }));
    await delivery(scene, '0/0').nack(1);
    await eventually('it comes again', () => scene.collector.deliveries.length === 2);
    expect(scene.collector.ids()).toEqual(['0/0', '0/0']);
    expect(delivery(scene, '0/0').attempt).toBe(2);
    await delivery(scene, '0/0').ack();
    expect(scene.collector.ids()).toEqual(['0/0', '0/0', '0/1']);
    expect(committed(scene)).toEqual([{ 0: 1n }]);
  });
});

describe('backpressure', () => {
  it('takes no more records than `maximumInFlight`, in hand or not', async () => {
    const scene = await consuming(2);
    const key = Buffer.from('order-1');
    let given = 0;
    const giving = (async () => {
      for (const offset of [0, 1, 2, 3]) {
        await scene.consumer.give(incoming(0, offset, { key }));
        given += 1;
      }
    })();
    await eventually('it is full', () => given === 2);
    await delivery(scene, '0/0').ack();
    await eventually('there is room for one', () => given === 3);
    for (const id of ['0/1', '0/2', '0/3']) {
      await eventually(`${id} comes`, () => scene.collector.ids().includes(id));
      await delivery(scene, id).ack();
    }
    await giving;
    expect(scene.collector.ids()).toEqual(['0/0', '0/1', '0/2', '0/3']);
  });
});

describe('once it is stopped', () => {
  it('nothing more comes, of no partition, nor after they are assigned anew', async () => {
    const scene = await consuming();
    await scene.consumer.give(incoming(0, 5));
    await scene.collector.consumption.stop();
    await scene.consumer.give(incoming(0, 6), incoming(1, 0), incoming(0, 0));
    expect(scene.collector.ids()).toEqual(['0/5']);
    scene.consumer.sink.assigned();
    await scene.consumer.give(incoming(0, 0), incoming(2, 0));
    expect(scene.collector.ids()).toEqual(['0/5']);
  });
});

describe('partitions that are assigned anew', () => {
  it('what was in hand cannot be acked any more, and is not committed', async () => {
    const scene = await consuming();
    await scene.consumer.give(incoming(0, 0), incoming(0, 1));
    const [first] = scene.collector.deliveries;
    scene.consumer.sink.assigned();
    await expect(first?.ack()).rejects.toSatisfy((error) =>
      isOrderchartError(error, 'transportUnavailable'),
    );
    await scene.consumer.give(incoming(0, 0, { mayHaveComeBefore: true }));
    expect(delivery(scene, '0/0').attempt).toBe(2);
    await delivery(scene, '0/0').ack();
    expect(committed(scene)).toEqual([{ 0: 1n }]);
  });

  it('an ack whose commit is under way is rejected', async () => {
    const scene = await consuming();
    await scene.consumer.give(incoming(0, 0));
    scene.consumer.committing = () => new Promise(() => undefined);
    const acking = delivery(scene, '0/0').ack();
    scene.consumer.sink.assigned();
    await expect(acking).rejects.toThrow('reassigned');
  });

  it('what was in hand counts until it is answered', async () => {
    const scene = await consuming(2);
    await scene.consumer.give(incoming(0, 0), incoming(0, 1));
    const [first] = scene.collector.deliveries;
    scene.consumer.sink.assigned();
    await scene.consumer.give(incoming(0, 0), incoming(0, 1));
    expect(scene.collector.deliveries).toHaveLength(2);
    await first?.ack().catch(() => undefined);
    await eventually('there is room', () => scene.collector.deliveries.length === 3);
  });

  it('a partition that begins again from an earlier offset is read again', async () => {
    const scene = await consuming();
    await scene.consumer.give(incoming(0, 10), incoming(0, 11), incoming(1, 5));
    const [old] = scene.collector.deliveries;
    await scene.consumer.give(incoming(0, 0), incoming(0, 1));
    await expect(old?.ack()).rejects.toThrow('may be redelivered');
    await delivery(scene, '0/0').ack();
    await delivery(scene, '1/5').ack();
    expect(committed(scene)).toEqual([{ 0: 1n }, { 1: 6n }]);
  });
});
