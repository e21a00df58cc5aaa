import { AckPolicy } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type Consumer,
  startConsumer,
} from '../../../src/testing/transport-conformance/consumer.ts';
import {
  assertInOrder,
  lane,
  lanes,
  messageOf,
  publish,
  publishInTurn,
  upTo,
} from '../../../src/testing/transport-conformance/given.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { eventually } from '../../eventually.ts';
import { describeService } from '../../services.ts';
import { holdableWay } from '../holdable-way.ts';
import { startHolder } from '../holding-process.ts';
import { type NatsPlace, natsPlace } from './server.ts';

const patienceMs = 300_000;

await describeService('nats', ({ url }) => {
  let place: NatsPlace;
  const opened: Transport[] = [];
  beforeEach(() => {
    place = natsPlace(url);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((transport) => transport.close()));
    await place.remove();
  });

  async function open(options = {}): Promise<Transport> {
    const transport = place.transport(options);
    opened.push(transport);
    await transport.open();
    return transport;
  }

  async function consumerInfo() {
    return (await place.manager()).consumers.info(place.name, 'test');
  }

  it('what a killed process held comes to another one, in order and before what follows', async () => {
    const transport = await open();
    const all = lanes(5, 6);
    const held = all.flatMap((messages) => messages.slice(0, 3));
    const holder = startHolder('nats', place.options);
    for (const messages of all) await publishInTurn(transport, messages.slice(0, 3));
    await holder.until(held.length);
    await holder.kill();
    const consumer = await startConsumer(transport, {}, patienceMs);
    for (const messages of all) await publishInTurn(transport, messages.slice(3));
    const deliveries = await consumer.untilAll(all.flat());
    assertInOrder(consumer.messages);
    for (const { message, attempt } of deliveries) {
      if (held.some(({ id }) => id === message.id)) expect(attempt).toBeGreaterThan(1);
    }
  });

  it('what was lost with a connection comes again before what follows', async () => {
    const way = await holdableWay(new URL(url));
    const cut = await open({ url: `nats://127.0.0.1:${way.port}` });
    const transport = await open();
    const consumer = await startConsumer(cut, {}, patienceMs);
    const messages = lane('key', 9);
    await publishInTurn(transport, messages.slice(0, 3));
    await consumer.untilAll(messages.slice(0, 3));
    await consumer.settled();
    way.hold('answers');
    await publishInTurn(transport, messages.slice(3, 6));
    await eventually('it is lost', async () => (await consumerInfo()).num_ack_pending === 3);
    way.cut();
    await publishInTurn(transport, messages.slice(6));
    await consumer.untilAll(messages);
    assertInOrder(consumer.messages);
    await way.close();
  });

  it('a message that another program published is delivered with what it has', async () => {
    const transport = await open({ filterSubject: `${place.name}.*` });
    const stream = (await place.manager()).jetstream();
    const given = headers();
    given.set('Content-Type', 'text/plain');
    given.append('X-Name', 'Zoë');
    given.append('X-Name', 'Ann');
    await stream.publish(`${place.name}.any`, 'hello', { headers: given });
    await stream.publish(`${place.name}.any`, 'id', { msgID: 'an id that cannot be ours' });
    await stream.publish(`${place.name}.any`);
    const consumer = await startConsumer(transport, {}, patienceMs);
    await consumer.untilCount(3);
    expect(consumer.messages).toEqual([
      {
        id: `${place.name}-1`,
        key: '',
        type: '',
        sequence: undefined,
        headers: { 'content-type': 'text/plain', 'x-name': 'Zo%C3%AB, Ann' },
        body: new Uint8Array(Buffer.from('hello')),
      },
      expect.objectContaining({ id: `${place.name}-2`, headers: {} }),
      expect.objectContaining({ id: `${place.name}-3`, body: new Uint8Array() }),
    ]);
  });

  it('keeps white space around the values of headers', async () => {
    const transport = await open();
    const message = messageOf(1, {
      headers: { 'x-space': ' ', 'x-tail': 'a%20 ', 'x-mid': 'a b' },
    });
    await publishInTurn(transport, [message]);
    const consumer = await startConsumer(transport, {}, patienceMs);
    await consumer.untilAll([message]);
    expect(consumer.messages[0]?.headers).toEqual(message.headers);
  });

  it('an ordinary beginning and end are no trouble', async () => {
    const transport = await open();
    const consumer = await startConsumer(transport, {}, patienceMs);
    await publish(transport, messageOf(1));
    await consumer.untilAll([messageOf(1)]);
    await consumer.end();
    await transport.close();
    expect(consumer.errors).toEqual([]);
  });

  it('begins with what is new when told so', async () => {
    const transport = await open({ deliverFrom: 'now' });
    await publishInTurn(transport, [messageOf(1)]);
    const consumer = await startConsumer(transport, {}, patienceMs);
    await publishInTurn(transport, [messageOf(2)]);
    await consumer.untilAll([messageOf(2)]);
    expect(consumer.messages.map(({ id }) => id)).toEqual([messageOf(2).id]);
  });

  it.each([
    [{ ack_policy: AckPolicy.None }, 'ack policy'],
    [{ ack_policy: AckPolicy.Explicit, filter_subject: 'other' }, 'it takes'],
    [{ ack_policy: AckPolicy.Explicit, max_deliver: 3 }, 'max_deliver'],
    [{ ack_policy: AckPolicy.Explicit, deliver_subject: 'push.here' }, 'pushes'],
  ])(
    'refuses a consumer of that name that exists with other settings: %j',
    async (config, reason) => {
      const transport = await open();
      const filter = { filter_subject: `${place.name}.*` };
      const { consumers } = await place.manager();
      const wanted = { durable_name: 'test', ...filter, ...config };
      if (wanted.filter_subject === 'other') wanted.filter_subject = `${place.name}.other`;
      await consumers.add(place.name, wanted);
      await expect(startConsumer(transport, {}, patienceMs)).rejects.toMatchObject({
        code: 'transportRefused',
        message: expect.stringContaining(reason),
      });
    },
  );

  it('lets out as much as the process needs that takes most', async () => {
    const transport = await open({ maximumAckPending: 5 });
    await startConsumer(transport, { maximumInFlight: 5 }, patienceMs);
    expect((await consumerInfo()).config.max_ack_pending).toBe(5);
    await startConsumer(await open(), { maximumInFlight: 2_000 }, patienceMs);
    expect((await consumerInfo()).config.max_ack_pending).toBe(2_000);
  });

  it('makes a consumer again that was deleted, tells of it, and goes on', async () => {
    const transport = await open();
    const consumer: Consumer = await startConsumer(transport, {}, patienceMs);
    const [first, second] = [messageOf(1), messageOf(2)];
    await publishInTurn(transport, [first]);
    await consumer.untilAll([first]);
    await (await place.manager()).consumers.delete(place.name, 'test');
    await eventually('it is told', () => consumer.errors.length > 0);
    await publishInTurn(transport, [second]);
    await consumer.untilAll([second]);
  });

  it('what is under way when it is stopped is given back at once', async () => {
    const way = await holdableWay(new URL(url));
    const ackWaitMs = 3_600_000;
    const slow = await open({ ackWaitMs, url: `nats://127.0.0.1:${way.port}` });
    const transport = await open({ ackWaitMs });
    const consumer = await startConsumer(slow, {}, patienceMs);
    way.hold('answers');
    const messages = upTo(50).map((number) => messageOf(number));
    await publish(transport, ...messages);
    await eventually('all is sent', async () => (await consumerInfo()).num_ack_pending === 50);
    const stopping = consumer.consumption.stop();
    way.release();
    await stopping;
    expect(consumer.deliveries).toEqual([]);
    const next = await startConsumer(transport, {}, patienceMs);
    // Server 2.9 forgets the first one that is nacked while nobody asks, until the ack wait.
    await next.untilCount(49);
    await way.close();
  });
});
