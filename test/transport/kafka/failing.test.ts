import { isOrderchartError } from 'orderchart';
import { createKafkaTransport } from 'orderchart/kafka';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../eventually.ts';
import { useVirtualTime } from '../../virtual-time.ts';
import { collect } from '../collector.ts';
import { FakeClient, incoming } from './fake-client.ts';
import { consuming, delivery, transports } from './scene.ts';

useVirtualTime();

describe('a consumer that fails', () => {
  it('is closed, told about, and replaced for as long as it takes', async () => {
    const scene = await consuming();
    await scene.consumer.give(incoming(0, 0));
    scene.client.connecting = () => Promise.reject(new Error('nobody is there'));
    scene.consumer.sink.failed(new Error('the connection was cut'));
    await eventually('it tries again', () => scene.client.consumers.length > 3);
    expect(scene.consumer.isClosed).toBe(true);
    expect(scene.collector.errors.length).toBeGreaterThan(2);
    for (const error of scene.collector.errors) {
      expect(isOrderchartError(error, 'transportUnavailable')).toBe(true);
    }
    const before = scene.client.consumers.length;
    scene.client.connecting = async () => undefined;
    await eventually('another one reads', async () => {
      const last = scene.client.consumers.at(-1);
      if (scene.client.consumers.length === before || last === undefined) return false;
      await last.give(incoming(0, 0, { mayHaveComeBefore: true }));
      return scene.collector.deliveries.length > 1;
    });
    await delivery(scene, '0/0').ack();
    expect(scene.client.consumers.at(-1)?.commits).toEqual([new Map([[0, 1n]])]);
  });

  it('has nothing more to say once it was replaced', async () => {
    const scene = await consuming();
    const { sink } = scene.consumer;
    sink.failed(new Error('the connection was cut'));
    sink.failed(new Error('and once more'));
    sink.record(incoming(0, 0));
    await eventually('there is another one', () => scene.client.consumers.length === 2);
    expect(scene.collector.errors).toHaveLength(1);
    expect(scene.collector.deliveries).toHaveLength(0);
  });

  it('that cannot even begin makes `consume` reject', async () => {
    const client = new FakeClient();
    const transport = createKafkaTransport({ client, topic: 'events', groupId: 'billing' });
    transports.push(transport);
    await transport.open();
    client.connecting = () => Promise.reject(new Error('nobody is there'));
    await expect(collect(transport)).rejects.toMatchObject({ code: 'transportUnavailable' });
    expect(client.consumers).toHaveLength(1);
    await eventually('it is closed', () => client.consumers[0]?.isClosed === true);
  });
});

it('records of others come in, and one that names itself nowhere is named by its place', async () => {
  const scene = await consuming();
  await scene.consumer.give(
    incoming(0, 0, {
      headers: new Map([
        ['ce_id', 'a-1'],
        ['ce_type', 'payment.captured'],
        ['ce_subject', 'caf\u00e9 1'],
        ['content-type', 'application/json'],
      ]),
    }),
    incoming(3, 9, { headers: new Map(), key: null, value: null }),
    incoming(1, 0, {
      headers: new Map([
        ['ce_id', 'a-1'],
        ['ce_source', '/payments'],
      ]),
    }),
  );
  expect(scene.collector.deliveries.map(({ message }) => message)).toMatchObject([
    {
      id: 'a-1',
      type: 'payment.captured',
      headers: { 'ce-id': 'a-1', 'ce-subject': 'caf%C3%A9 1', 'content-type': 'application/json' },
    },
    { id: 'events/3/9', key: '', type: '', headers: {}, sequence: undefined },
    { id: '/payments#a-1' },
  ]);
  expect(scene.collector.deliveries[1]?.message.body).toHaveLength(0);
});
