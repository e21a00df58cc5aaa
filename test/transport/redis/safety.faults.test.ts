import { createRedisTransport, type RedisWarning } from 'orderchart/redis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkServer } from '../../../src/transport/redis/safety.ts';
import type { PrivateServer } from '../../private-server.ts';
import { describeProgram } from '../../services.ts';
import { type RedisPlace, redisPlace, redisServer } from './server.ts';

/** Opens a transport; gives the warnings, or the error without them. */
async function openingOf(url: string, options = {}) {
  const warnings: RedisWarning[] = [];
  const minimal = { url, stream: 'orders', ...options };
  const careless = createRedisTransport(minimal);
  const error = await careless.open().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  await careless.close();
  const careful = createRedisTransport({ ...minimal, warn: (warning) => warnings.push(warning) });
  await careful.open();
  await careful.close();
  return { error, names: warnings.map(({ name }) => name) };
}

describeProgram('redis-server', (path) => {
  let server: PrivateServer;
  let place: RedisPlace;
  beforeEach(async () => {
    server = await redisServer(path);
    await server.start();
    place = redisPlace(`redis://127.0.0.1:${server.port}`);
  });
  afterEach(async () => {
    await place.remove();
    await server.remove();
  });

  it('a server that keeps everything is taken without a word', async () => {
    expect(await openingOf(place.options.url)).toEqual({ error: undefined, names: [] });
    // Ids may be evicted, which are only remembered for a while.
    await place.client.config('SET', 'maxmemory-policy', 'volatile-lru');
    await place.client.config('SET', 'maxmemory', '100mb');
    expect(await openingOf(place.options.url)).toEqual({ error: undefined, names: [] });
  });

  it('a server that could evict the stream is refused, unless somebody is told', async () => {
    await place.client.config('SET', 'maxmemory', '100mb');
    await place.client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const { error, names } = await openingOf(place.options.url);
    expect(error).toMatchObject({
      code: 'transportRefused',
      message: expect.stringContaining('maxmemory-policy allkeys-lru'),
    });
    expect(names).toEqual(['redisEviction']);
  });

  it('a server that keeps no log of writes is refused, unless somebody is told', async () => {
    await place.client.config('SET', 'appendonly', 'no');
    const { error, names } = await openingOf(place.options.url);
    expect(error).toMatchObject({
      code: 'transportRefused',
      message: expect.stringContaining('appendonly yes'),
    });
    expect(names).toEqual(['redisNotPersistent']);
  });

  it('a server that does not tell its settings is refused, unless somebody is told', async () => {
    await place.client.acl('SETUSER', 'shop', 'on', '>secret-word', '~*', '+@all', '-info');
    const user = { username: 'shop', password: 'secret-word' };
    // The client would ask for INFO as well, before it takes the connection for ready.
    const options = { ...user, clientOptions: { enableReadyCheck: false } };
    const { error, names } = await openingOf(place.options.url, options);
    expect(error).toMatchObject({ code: 'transportRefused' });
    expect(names).toEqual(['redisSettingsUnknown']);
  });

  it('a key that is no stream is refused', async () => {
    await place.client.set('orders', 'something else');
    const transport = createRedisTransport({ url: place.options.url, stream: 'orders' });
    await expect(transport.open()).rejects.toMatchObject({
      code: 'transportRefused',
      message: expect.stringContaining('is a string'),
    });
  });
});

it.each([
  ['5.0.7', true],
  ['6.0.16', true],
  ['6.2.0', false],
  ['7.0.15', false],
  ['10.1.0', false],
])('a server of version %s is refused: %s', async (version, isRefused) => {
  const answers: Readonly<Record<string, string>> = {
    TYPE: 'none',
    INFO: `# Server\r\nredis_version:${version}\r\naof_enabled:1\r\n`,
  };
  const link = { place: 'test', call: async (command: string) => answers[command] };
  const checking = checkServer(link, { stream: 'orders', warn: undefined });
  if (isRefused) await expect(checking).rejects.toMatchObject({ code: 'transportRefused' });
  else await checking;
});
