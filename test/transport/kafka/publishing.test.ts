import { setTimeout as pause } from 'node:timers/promises';
import { isOrderchartError, type PublishResult, type Transport } from 'orderchart';
import { createKafkaTransport, type KafkaTransportOptions } from 'orderchart/kafka';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../eventually.ts';
import { useVirtualTime } from '../../virtual-time.ts';
import { testMessage } from '../collector.ts';
import { FakeClient } from './fake-client.ts';

useVirtualTime();

const transports: Transport[] = [];

afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
});

async function open(
  client: FakeClient,
  options: Partial<KafkaTransportOptions> = {},
): Promise<Transport> {
  const transport = createKafkaTransport({
    client,
    topic: 'events',
    reconnectDelayMs: 1,
    maximumReconnectDelayMs: 5,
    ...options,
  });
  transports.push(transport);
  await transport.open();
  return transport;
}

function messages(count: number, size = 10): readonly ReturnType<typeof testMessage>[] {
  return Array.from({ length: count }, (_, index) =>
    testMessage(`${index}`, { body: new Uint8Array(size) }),
  );
}

const statuses = (results: readonly PublishResult[]): readonly string[] =>
  results.map(({ status }) => status);

/** An error as a broker's answer comes out of the clients: packed in others. */
function brokerError(type: string): Error {
  const inner = Object.assign(new Error(type), { type });
  return new Error('number of retries exceeded', { cause: inner });
}

describe('publishing', () => {
  it('sends what came together in one batch, and what came meanwhile in the next one', async () => {
    const client = new FakeClient();
    const transport = await open(client);
    const first = Promise.withResolvers<void>();
    client.answer = () => first.promise;
    const calls = [transport.publish(messages(3))];
    await eventually('the first batch is on its way', () => client.batches.length === 1);
    calls.push(transport.publish(messages(2)), transport.publish(messages(4)));
    first.resolve();
    expect((await Promise.all(calls)).flat()).toHaveLength(9);
    expect(client.batches.map((batch) => batch.length)).toEqual([3, 6]);
    // More at once could be written in another order, or dropped as written before.
    expect(client.producers.map(({ mostAtOnce }) => mostAtOnce)).toEqual([1]);
  });

  it('makes no batch larger than a message may be', async () => {
    const client = new FakeClient();
    const transport = await open(client, { maximumBodyBytes: 1_000 });
    const results = await transport.publish(messages(10, 400));
    expect(statuses(results)).toEqual(Array(10).fill('published'));
    for (const batch of client.batches) expect(batch.length).toBeLessThanOrEqual(2);
    expect(client.batches.flat()).toHaveLength(10);
  });

  it('never again uses a producer whose send failed', async () => {
    const client = new FakeClient();
    const transport = await open(client);
    client.answer = () => Promise.reject(new Error('the leader has changed'));
    expect(statuses(await transport.publish(messages(2)))).toEqual(['failed', 'failed']);
    client.answer = async () => undefined;
    await eventually('there is another producer', async () => {
      const [result] = await transport.publish(messages(1));
      return result?.status === 'published';
    });
    expect(client.producers.map(({ isClosed }) => isClosed)).toEqual([true, false]);
    expect(client.producers[0]?.batches).toHaveLength(1);
  });

  it('makes no other producer before the last one has ended: it may still be sending', async () => {
    const client = new FakeClient();
    const transport = await open(client);
    client.answer = () => Promise.reject(new Error('no answer'));
    let countAtTheEnd: number | undefined;
    // Longer than it takes to connect again.
    client.closing = async () => {
      await pause(50);
      countAtTheEnd ??= client.producers.length;
    };
    expect(statuses(await transport.publish(messages(1)))).toEqual(['failed']);
    await eventually('there is another producer', () => client.producers.length > 1);
    expect(countAtTheEnd).toBe(1);
  });

  it('closes a producer again that went on sending: it may have connected meanwhile', async () => {
    const client = new FakeClient();
    const transport = await open(client, { publishTimeoutMs: 20 });
    const sending = Promise.withResolvers<void>();
    client.answer = () => sending.promise;
    let closed = 0;
    client.closing = async () => {
      closed += 1;
    };
    expect(statuses(await transport.publish(messages(1)))).toEqual(['failed']);
    expect(closed).toBe(1);
    sending.reject(new Error('it gave up'));
    await eventually('it is closed once more', () => closed === 2);
  });

  it('fails at once while there is no connection, and goes on by itself', async () => {
    const client = new FakeClient();
    const transport = await open(client);
    client.connecting = () => Promise.reject(new Error('nobody is there'));
    client.answer = () => Promise.reject(new Error('the connection was cut'));
    expect(statuses(await transport.publish(messages(1)))).toEqual(['failed']);
    await eventually('it tries again', () => client.producers.length > 3);
    const [result] = await transport.publish(messages(1));
    expect(result).toMatchObject({ status: 'failed', error: { code: 'transportUnavailable' } });
    expect(client.batches).toHaveLength(1);
    client.connecting = async () => undefined;
    client.answer = async () => undefined;
    await eventually('it is published', async () => {
      const [later] = await transport.publish(messages(1));
      return later?.status === 'published';
    });
  });

  it('answers in time when no broker does', async () => {
    const client = new FakeClient();
    const transport = await open(client, { publishTimeoutMs: 20 });
    client.answer = () => new Promise(() => undefined);
    const [result] = await transport.publish(messages(1));
    expect(result).toMatchObject({ status: 'failed', error: { code: 'transportUnavailable' } });
  });

  it.each(['MESSAGE_TOO_LARGE', 'ERR_MSG_SIZE_TOO_LARGE'])(
    'refuses what a broker finds too large, and nothing else of the batch (%s)',
    async (type) => {
      const client = new FakeClient();
      const transport = await open(client);
      client.answer = (records) =>
        records.some(({ value }) => value.length === 99)
          ? Promise.reject(brokerError(type))
          : Promise.resolve();
      const batch = [
        ...messages(2),
        testMessage('x', { body: new Uint8Array(99) }),
        ...messages(1),
      ];
      expect(statuses(await transport.publish(batch))).toEqual([
        'published',
        'published',
        'refused',
        'published',
      ]);
    },
  );

  it('sends all of a batch that is too large only together', async () => {
    const client = new FakeClient();
    const transport = await open(client);
    client.answer = (records) =>
      records.length > 1 ? Promise.reject(brokerError('MESSAGE_TOO_LARGE')) : Promise.resolve();
    expect(statuses(await transport.publish(messages(3)))).toEqual(Array(3).fill('published'));
  });

  it('answers what was given before it is closed', async () => {
    const client = new FakeClient();
    const transport = await open(client);
    const answer = Promise.withResolvers<void>();
    client.answer = () => answer.promise;
    const publishing = transport.publish(messages(3));
    const closing = transport.close();
    answer.resolve();
    expect(statuses(await publishing)).toEqual(Array(3).fill('published'));
    await closing;
    expect(client.producers.every(({ isClosed }) => isClosed)).toBe(true);
  });

  it('takes over the bytes: whoever publishes may go on using them', async () => {
    const client = new FakeClient();
    const transport = await open(client);
    const message = testMessage('1', { body: Uint8Array.of(1, 2, 3) });
    const publishing = transport.publish([message]);
    message.body.fill(0);
    await publishing;
    expect([...(client.batches[0]?.[0]?.value ?? [])]).toEqual([1, 2, 3]);
  });
});

describe('opening', () => {
  it('refuses a topic that is not there', async () => {
    const client = new FakeClient();
    client.partitions = undefined;
    await expect(open(client)).rejects.toSatisfy(
      (error) => isOrderchartError(error, 'transportRefused') && error.message.includes("'events'"),
    );
  });

  it.each([
    [Object.assign(new Error('x'), { name: 'KafkaJSSASLAuthenticationError' }), 'transportRefused'],
    [Object.assign(new Error('x'), { code: 'PLT_KFK_AUTHENTICATION' }), 'transportRefused'],
    [new AggregateError([{ apiId: 'TOPIC_AUTHORIZATION_FAILED' }], 'x'), 'transportRefused'],
    [brokerError('CLUSTER_AUTHORIZATION_FAILED'), 'transportRefused'],
    [new Error('connect ECONNREFUSED'), 'transportUnavailable'],
  ])('says of %s whether time may mend it', async (error, code) => {
    const client = new FakeClient();
    client.connecting = () => Promise.reject(error);
    await expect(open(client)).rejects.toMatchObject({ code });
  });
});

describe('options that cannot work are refused by name', () => {
  const valid = { client: new FakeClient(), topic: 'events' };

  it.each([0, 1, -1, 'leader'])('acks: %j would lose what was confirmed', (acks) => {
    const create = () => createKafkaTransport({ ...valid, acks: acks as unknown as 'all' });
    expect(create).toThrowError(expect.objectContaining({ code: 'transportRefused' }));
    expect(create).toThrowError(/`acks` must be 'all'/);
  });

  it('acks: all is what it is anyway', () => {
    expect(() => createKafkaTransport({ ...valid, acks: 'all' })).not.toThrow();
  });

  it.each([
    ['client', { client: {} }],
    ['topic', { topic: 'a b' }],
    ['topic', { topic: '' }],
    ['groupId', { groupId: '' }],
    ['from', { from: 'middle' }],
    ['maximumBodyBytes', { maximumBodyBytes: 0 }],
    ['connectTimeoutMs', { connectTimeoutMs: 1.5 }],
    ['publishTimeoutMs', { publishTimeoutMs: -1 }],
    ['sessionTimeoutMs', { sessionTimeoutMs: 10 }],
    ['reconnectDelayMs', { reconnectDelayMs: 0 }],
    ['maximumReconnectDelayMs', { reconnectDelayMs: 9, maximumReconnectDelayMs: 8 }],
  ])('%s: %j', (option, options) => {
    const create = () => createKafkaTransport({ ...valid, ...options } as KafkaTransportOptions);
    expect(create).toThrowError(expect.objectContaining({ code: 'invalidArgument' }));
    expect(create).toThrowError(new RegExp(`\`${option}\``));
  });
});
