import { createRedisTransport } from 'orderchart/redis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { messageOf } from '../../../src/testing/transport-conformance/given.ts';
import type { PrivateServer } from '../../private-server.ts';
import { describeProgram } from '../../services.ts';
import { redisPlace, redisServer } from './server.ts';

describeProgram('redis-server', (path) => {
  let server: PrivateServer;
  beforeEach(async () => {
    server = await redisServer(path);
  });
  afterEach(() => server.remove());

  it('opens when it is tried again and the server is there', async () => {
    const place = redisPlace(`redis://127.0.0.1:${server.port}`);
    const transport = place.transport();
    await expect(transport.open()).rejects.toMatchObject({ code: 'transportUnavailable' });
    await server.start();
    await transport.open();
    expect(await transport.publish([messageOf(1)])).toEqual([{ status: 'published' }]);
    await transport.close();
    await expect(transport.open()).rejects.toMatchObject({ code: 'transportClosed' });
    await place.remove();
  });

  it('opens when it is tried again and the server is set up as it must be', async () => {
    await server.start();
    const url = `redis://127.0.0.1:${server.port}`;
    const place = redisPlace(url);
    await place.client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await place.client.config('SET', 'maxmemory', '100mb');
    await place.client.config('SET', 'appendonly', 'yes');
    const transport = createRedisTransport({ url: url, stream: place.name });
    await expect(transport.open()).rejects.toMatchObject({ code: 'transportRefused' });
    await place.client.config('SET', 'maxmemory-policy', 'noeviction');
    await transport.open();
    expect(await transport.publish([messageOf(1)])).toEqual([{ status: 'published' }]);
    await transport.close();
    await place.remove();
  });
});
