import { afterEach, beforeEach, expect, it } from 'vitest';
import { startConsumer } from '../../../src/testing/transport-conformance/consumer.ts';
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
import { type RedisPlace, redisPlace } from './server.ts';

const patienceMs = 300_000;
const never = 3_600_000;

await describeService('redis', ({ url }) => {
  let place: RedisPlace;
  const opened: Transport[] = [];
  beforeEach(() => {
    place = redisPlace(url);
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

  async function consumerNames(): Promise<readonly string[]> {
    const rows = (await place.client.xinfo('CONSUMERS', place.name, 'test')) as string[][];
    return rows.map((row) => row[1] ?? '');
  }

  /** How many entries the server counts as in flight. */
  async function pendingCount(): Promise<number> {
    const [count] = await place.client.xpending(place.name, 'test');
    return Number(count);
  }

  it('what a killed process held is claimed by another one, in order and before what follows', async () => {
    const transport = await open();
    const all = lanes(5, 6);
    const held = all.flatMap((messages) => messages.slice(0, 3));
    const holder = startHolder('redis', place.options);
    for (const messages of all) await publishInTurn(transport, messages.slice(0, 3));
    await holder.until(held.length);
    await holder.kill();
    const consumer = await startConsumer(transport, {}, patienceMs);
    for (const messages of all) await publishInTurn(transport, messages.slice(3));
    const deliveries = await consumer.untilAll(all.flat());
    assertInOrder(consumer.messages);
    for (const { message, attempt } of deliveries) {
      if (held.some(({ id }) => id === message.id)) expect(attempt).toBe(2);
    }
  });

  it('a process that begins again under its name has back at once what it held, in order', async () => {
    const transport = await open({ consumer: 'worker-1', claimAfterMs: never });
    const messages = upTo(150).map((number) => messageOf(number));
    await publish(transport, ...messages);
    const options = { ...place.options, consumer: 'worker-1', claimAfterMs: never };
    const holder = startHolder('redis', options);
    await holder.until(100);
    await holder.kill();
    const consumer = await startConsumer(transport, { maximumInFlight: 40 }, patienceMs);
    await consumer.untilAll(messages);
    expect(consumer.messages.map(({ id }) => id)).toEqual(messages.map(({ id }) => id));
    expect(consumer.deliveries[0]?.attempt).toBe(2);
    expect(consumer.deliveries.at(-1)?.attempt).toBe(1);
  });

  it('a second consumption of one transport takes nothing out of the hand of the first', async () => {
    const transport = await open({ consumer: 'worker-1', claimAfterMs: 300 });
    const first = await startConsumer(
      transport,
      { handle: 'hold', maximumInFlight: 5 },
      patienceMs,
    );
    const held = upTo(5).map((number) => messageOf(number));
    await publish(transport, ...held);
    await first.untilAll(held);
    // The first has no room left, so what comes next shows that the second has begun.
    const second = await startConsumer(transport, {}, patienceMs);
    await publish(transport, messageOf(6));
    await second.untilAll([messageOf(6)]);
    expect(second.messages.map(({ id }) => id)).toEqual([messageOf(6).id]);
    expect((await consumerNames()).toSorted()).toEqual(['worker-1', 'worker-1.2']);
  });

  it('tells of messages that were trimmed before they were acked, and forgets them', async () => {
    const transport = await open();
    const holder = startHolder('redis', place.options);
    await publish(transport, messageOf(1), messageOf(2));
    await holder.until(2);
    await holder.kill();
    const [[first = ''] = []] = await place.client.xrange(place.name, '-', '+', 'COUNT', 1);
    await place.client.xdel(place.name, first);
    const consumer = await startConsumer(transport, {}, patienceMs);
    await consumer.untilAll([messageOf(2)]);
    await eventually('it is told', () =>
      consumer.errors.map(String).join().includes('1 messages were trimmed'),
    );
    await eventually('nothing is pending', async () => (await pendingCount()) === 0);
    expect(consumer.messages.map(({ id }) => id)).toEqual([messageOf(2).id]);
  });

  it('a consumer that ends leaves nothing of itself, unless it gives something back', async () => {
    const transport = await open({ consumer: 'worker-1' });
    const consumer = await startConsumer(transport, {}, patienceMs);
    await publish(transport, messageOf(1));
    await consumer.untilAll([messageOf(1)]);
    await consumer.settled();
    expect(await consumerNames()).toEqual(['worker-1']);
    await consumer.end();
    expect(await consumerNames()).toEqual([]);
    const holding = await startConsumer(transport, { handle: 'hold' }, patienceMs);
    await publish(transport, messageOf(2));
    await holding.untilCount(1);
    await holding.end();
    expect(await consumerNames()).toEqual(['worker-1']);
    expect(await pendingCount()).toBe(1);
  });

  it('what is under way when it is stopped is given back at once', async () => {
    const way = await holdableWay(new URL(url));
    const slow = await open({ claimAfterMs: never, url: `redis://127.0.0.1:${way.port}` });
    const transport = await open({ claimAfterMs: never });
    const consumer = await startConsumer(slow, {}, patienceMs);
    await publish(transport, messageOf(0));
    await consumer.untilAll([messageOf(0)]);
    await consumer.settled();
    way.hold('answers');
    const messages = upTo(50).map((number) => messageOf(number));
    await publish(transport, ...messages);
    await eventually('all is sent', async () => (await pendingCount()) > 0);
    const stopping = consumer.consumption.stop();
    way.release();
    await stopping;
    expect(consumer.deliveries).toHaveLength(1);
    const next = await startConsumer(transport, {}, patienceMs);
    await next.untilAll(messages);
    await way.close();
  });

  it('what was lost with a connection comes again at once, before what follows', async () => {
    const way = await holdableWay(new URL(url));
    const cut = await open({ claimAfterMs: never, url: `redis://127.0.0.1:${way.port}` });
    const transport = await open({ claimAfterMs: never });
    const consumer = await startConsumer(cut, {}, patienceMs);
    const messages = lane('key', 9);
    await publishInTurn(transport, messages.slice(0, 3));
    await consumer.untilAll(messages.slice(0, 3));
    await consumer.settled();
    way.hold('answers');
    await publishInTurn(transport, messages.slice(3, 6));
    await eventually('something is lost', async () => (await pendingCount()) > 0);
    way.cut();
    await publishInTurn(transport, messages.slice(6));
    await consumer.untilAll(messages);
    assertInOrder(consumer.messages);
    await way.close();
  });

  it('what other programs add is delivered with what it has', async () => {
    const transport = await open();
    await place.client.xadd(place.name, '1-1', 'Type', 'captured', 'amount', '500', 'name', 'Zoë');
    await place.client.xadd(place.name, '1-2', ':id', 'not an id', ':sequence', '-1', ':body', 'x');
    const consumer = await startConsumer(transport, {}, patienceMs);
    await consumer.untilCount(2);
    const nothing = { key: '', type: '', sequence: undefined };
    expect(consumer.messages).toEqual([
      {
        ...nothing,
        id: `${place.name}-1-1`,
        headers: { type: 'captured', amount: '500', name: 'Zo%C3%AB' },
        body: new Uint8Array(),
      },
      { ...nothing, id: `${place.name}-1-2`, headers: {}, body: new Uint8Array([0x78]) },
    ]);
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
    await publish(transport, messageOf(1));
    const consumer = await startConsumer(transport, {}, patienceMs);
    await publish(transport, messageOf(2));
    await consumer.untilAll([messageOf(2)]);
    expect(consumer.messages.map(({ id }) => id)).toEqual([messageOf(2).id]);
  });

  it('makes stream and group again when they are gone, tells of it, and misses nothing new', async () => {
    const transport = await open({ deliverFrom: 'now' });
    const consumer = await startConsumer(transport, {}, patienceMs);
    await publish(transport, messageOf(1));
    await consumer.untilAll([messageOf(1)]);
    await place.client.del(place.name);
    await publish(transport, messageOf(2));
    await consumer.untilAll([messageOf(2)]);
    expect(consumer.errors.length).toBeGreaterThan(0);
  });

  it('many that are nacked with a delay hold up nothing, and all come again', async () => {
    const transport = await open();
    const messages = upTo(30).map((number) => messageOf(number));
    const consumer = await startConsumer(
      transport,
      {
        maximumInFlight: 5,
        handle: (delivery, self) => {
          void (delivery.attempt === 1 ? self.nack(delivery, 300) : self.ack(delivery));
        },
      },
      patienceMs,
    );
    await publish(transport, ...messages);
    await consumer.untilCount(60);
    await consumer.settled();
    expect(await pendingCount()).toBe(0);
  });

  it('refuses to consume what is no stream', async () => {
    const transport = await open();
    await place.client.set(place.name, 'in the way');
    await expect(startConsumer(transport, {}, patienceMs)).rejects.toMatchObject({
      code: 'transportRefused',
    });
  });
});
