import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createRedisTransport, type RedisTransportOptions } from 'orderchart/redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startConsumer } from '../../../src/testing/transport-conformance/consumer.ts';
import { messageOf, publish } from '../../../src/testing/transport-conformance/given.ts';
import { readOptions } from '../../../src/transport/redis/options.ts';
import { root } from '../../docs/markdown.ts';
import type { PrivateServer } from '../../private-server.ts';
import { describeProgram } from '../../services.ts';
import { nackFirst } from '../nack-first.ts';
import { password, redisPlace, redisServer } from './server.ts';

const minimal = { url: 'redis://127.0.0.1:6379', stream: 'orders' };

it.each<[string, Partial<Record<keyof RedisTransportOptions, unknown>>]>([
  ['url', { url: '' }],
  ['url', { url: '127.0.0.1:6379' }],
  ['url', { url: 'nats://127.0.0.1' }],
  ['url', { url: 'redis://shop:secret-word@' }],
  ['stream', { stream: '' }],
  ['stream', { stream: 'a b' }],
  ['group', { group: 'é' }],
  ['consumer', { consumer: '' }],
  ['maximumLength', { maximumLength: 0 }],
  ['maximumAgeMs', { maximumAgeMs: 1.5 }],
  ['deduplicationWindowMs', { deduplicationWindowMs: -1 }],
  ['maximumBodyBytes', { maximumBodyBytes: 2 ** 30 }],
  ['deliverFrom', { deliverFrom: 'middle' }],
  ['claimAfterMs', { claimAfterMs: 1 }],
  ['timeoutMs', { timeoutMs: Number.NaN }],
])('refuses a `%s` that cannot work: %j', (option, given) => {
  const create = () => createRedisTransport({ ...minimal, ...given } as RedisTransportOptions);
  expect(create).toThrow(expect.objectContaining({ code: 'invalidArgument', details: { option } }));
  expect(create).not.toThrow(/secret-word/);
});

it('processes have names of their own, whatever their randomness', () => {
  const names = [1, 2].map(() => readOptions({ ...minimal, random: () => 0.5 }).consumer);
  expect(names[0]).toMatch(/^orderchart-[0-9a-f]{16}$/);
  expect(names[0]).not.toBe(names[1]);
});

it('consumes only with a name for the group', () => {
  expect(createRedisTransport(minimal).consume).toBeUndefined();
  expect(createRedisTransport(minimal).features.consumes).toBe(false);
});

describeProgram('redis-server', (path) => {
  let server: PrivateServer;
  beforeAll(async () => {
    server = await redisServer(path, { requirepass: password });
    await server.start();
  });
  afterAll(() => server.remove());

  it.each([
    ['in the address', (secret: string) => ({ url: `redis://:${secret}@127.0.0.1` })],
    [
      'with a user in the address',
      (secret: string) => ({ url: `redis://shop:${secret}@127.0.0.1` }),
    ],
    ['in options', (secret: string) => ({ username: 'shop', password: secret })],
    ['missing', () => ({})],
  ] as const)('refused credentials appear in no error: %s', async (_, credentials) => {
    const secret = 'wrong-horse';
    const { url = 'redis://127.0.0.1', ...more }: Partial<RedisTransportOptions> =
      credentials(secret);
    const transport = createRedisTransport({ ...minimal, url: `${url}:${server.port}`, ...more });
    const error: unknown = await transport.open().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'transportRefused' });
    expect(inspect(error, { depth: 9 })).toContain(`127.0.0.1:${server.port}`);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret);
    await transport.close();
  });

  it('works for a user that may do what the documentation says, and no more', async () => {
    const page = readFileSync(join(root, 'docs/reference/transports/redis.md'), 'utf8');
    const [, commands = ''] = /and the commands `([^`]+)`/.exec(page) ?? [];
    const place = redisPlace(`redis://:${password}@127.0.0.1:${server.port}`);
    const allowed = commands.split(/\s+/).map((command) => `+${command}`);
    await place.client.acl(
      'SETUSER',
      'shop',
      'on',
      '>word',
      `~${place.name}*`,
      '-@all',
      ...allowed,
    );
    const url = `redis://shop:word@127.0.0.1:${server.port}`;
    const transport = place.transport({ url, maximumLength: 1_000, maximumAgeMs: 3_600_000 });
    await transport.open();
    const consumer = await startConsumer(transport, { handle: nackFirst }, 30_000);
    await publish(transport, messageOf(1));
    await consumer.untilCount(2);
    await consumer.settled();
    await consumer.end();
    await transport.close();
    expect(consumer.errors).toEqual([]);
    expect(await place.client.xpending(place.name, 'test')).toEqual([0, null, null, null]);
    await place.remove();
  });

  it('takes credentials in the address', async () => {
    const place = redisPlace(`redis://:${password}@127.0.0.1:${server.port}`);
    const transport = place.transport();
    await transport.open();
    await transport.close();
    await place.remove();
  });
});
