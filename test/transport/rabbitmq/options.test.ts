import { isOrderchartError } from 'orderchart';
import { createRabbitmqTransport, type RabbitmqTransportOptions } from 'orderchart/rabbitmq';
import { describe, expect, it } from 'vitest';
import { reconnectDelayMs } from '../../../src/transport/backoff.ts';
import { readAddress } from '../../../src/transport/rabbitmq/address.ts';
import { readOptions } from '../../../src/transport/rabbitmq/options.ts';
import { queueNames, shardOf } from '../../../src/transport/rabbitmq/topology.ts';

const url = 'amqp://orders:s3cret@broker';

function refusalOf(options: Partial<Record<keyof RabbitmqTransportOptions, unknown>>): string {
  try {
    createRabbitmqTransport({ url, queue: 'orders', ...options } as RabbitmqTransportOptions);
  } catch (error) {
    if (isOrderchartError(error, 'invalidArgument')) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('options that cannot work are refused by name', () => {
  it.each([
    ['url', { url: 'http://broker' }],
    ['url', { url: [] }],
    ['url', { url: 'amqp://orders:s3cret@broker:port' }],
    ['queue', { queue: undefined }],
    ['queue', { queue: 'x'.repeat(241) }],
    ['exchange', { exchange: '' }],
    ['bindingKeys', { bindingKeys: [''] }],
    ['queueType', { queueType: 'stream' }],
    ['shards', { shards: 0 }],
    ['shards', { shards: 2, exchange: 'events' }],
    ['consumeShards', { shards: 2, consumeShards: [2] }],
    ['consumeShards', { consumeShards: [] }],
    ['maximumBodyBytes', { maximumBodyBytes: 16 * 1024 * 1024 + 1 }],
    ['connectTimeoutMs', { connectTimeoutMs: 0 }],
    ['publishTimeoutMs', { publishTimeoutMs: 0.5 }],
    ['heartbeatMs', { heartbeatMs: 1_500 }],
    ['reconnectDelayMs', { reconnectDelayMs: -1 }],
    ['maximumReconnectDelayMs', { reconnectDelayMs: 200, maximumReconnectDelayMs: 100 }],
  ])('%s: %j', (option, options) => {
    const refusal = refusalOf(options);
    expect(refusal).toContain(`\`${option}\``);
    expect(refusal).not.toContain('s3cret');
  });

  it('takes what can work', () => {
    expect(refusalOf({})).toBe('accepted');
    expect(refusalOf({ queue: undefined, exchange: 'events' })).toBe('accepted');
  });
});

describe('the address of a broker', () => {
  it('has the parts of the URL, decoded, and a place without the password', () => {
    expect(readAddress('amqps://a%40b:c%2Fd@[::1]/v%2Fh')).toEqual({
      protocol: 'amqps',
      hostname: '::1',
      port: 5671,
      username: 'a@b',
      password: 'c/d',
      vhost: 'v/h',
      place: '[::1]:5671/v/h',
    });
  });

  it('is that of the guest in the first virtual host when the URL says no more', () => {
    const address = readAddress('amqp://broker');
    expect(address).toMatchObject({ username: 'guest', password: 'guest', vhost: '/', port: 5672 });
  });

  it.each(['', 'broker', 'redis://broker', 'amqp://', 'amqp://%zz@broker', 7])(
    '%j is none',
    (text) => {
      expect(readAddress(text)).toBeUndefined();
    },
  );
});

it('the waits between attempts grow to the maximum, with jitter below', () => {
  const policy = { reconnectDelayMs: 100, maximumReconnectDelayMs: 1_000 };
  const waits = (random: number): readonly number[] =>
    [1, 2, 3, 4, 5, 400].map((attempt) =>
      reconnectDelayMs({ ...policy, random: () => random }, attempt),
    );
  expect(waits(1)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect(waits(0)).toEqual([50, 100, 200, 400, 500, 500]);
});

describe('shards', () => {
  const settings = readOptions({ url, queue: 'orders', shards: 4 });

  it('are queues of their own, and one shard is the queue itself', () => {
    expect(queueNames(settings)).toEqual(['orders.0', 'orders.1', 'orders.2', 'orders.3']);
    expect(queueNames(readOptions({ url, queue: 'orders' }))).toEqual(['orders']);
  });

  it('of a key is the same for ever, and keys spread over all', () => {
    // Written down: another function here would break the order of what is in the queues.
    expect(['a', 'b', 'order-1', '\u00e9'].map((key) => shardOf(key, 4))).toEqual([2, 2, 1, 2]);
    const counts = [0, 0, 0, 0];
    for (let index = 0; index < 4_000; index += 1) {
      const shard = shardOf(`order-${index}`, 4);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    for (const count of counts) expect(count).toBeGreaterThan(850);
  });
});
