import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  lane,
  messageOf,
  publish,
  publishInTurn,
  upTo,
} from '../../../src/testing/transport-conformance/given.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { eventually } from '../../eventually.ts';
import { describeProgram, describeService } from '../../services.ts';
import { holdableWay } from '../holdable-way.ts';
import { type RedisPlace, redisPlace, redisServer } from './server.ts';

const opened: Transport[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((transport) => transport.close()));
});

async function open(place: RedisPlace, options = {}): Promise<Transport> {
  const transport = place.transport(options);
  opened.push(transport);
  await transport.open();
  return transport;
}

await describeService('redis', ({ url }) => {
  let place: RedisPlace;
  beforeEach(() => {
    place = redisPlace(url);
  });
  afterEach(() => place.remove());

  it('an id is remembered as long as the options say, and not longer', async () => {
    const transport = await open(place, { deduplicationWindowMs: 500 });
    const message = messageOf(1);
    await publish(transport, message);
    await publish(transport, message);
    expect(await place.stored()).toEqual([message.id]);
    await eventually('it is forgotten', async () => {
      await publish(transport, message);
      return (await place.stored()).length === 2;
    });
  });

  it('without a window nothing is remembered', async () => {
    const transport = await open(place, { deduplicationWindowMs: 0 });
    expect(transport.features.deduplicates).toBe(false);
    for (const _ of upTo(2)) await publish(transport, messageOf(1));
    expect(await place.stored()).toEqual([messageOf(1).id, messageOf(1).id]);
    expect(await place.client.keys(`${place.name}:*`)).toEqual([]);
  });

  it('a publisher that was cut off from its answers adds nothing twice, nor behind its successor', async () => {
    const way = await holdableWay(new URL(url));
    const frozen = await open(place, { url: `redis://127.0.0.1:${way.port}`, timeoutMs: 500 });
    const successor = await open(place);
    const messages = lane('key', 5);
    await publishInTurn(frozen, messages.slice(0, 2));
    way.hold('answers');
    const [result] = await frozen.publish(messages.slice(2, 3));
    expect(result).toMatchObject({ status: 'failed', error: { code: 'transportUnavailable' } });
    await publishInTurn(successor, messages.slice(2));
    way.release();
    await eventually('the way is open', async () => {
      const [again] = await frozen.publish(messages.slice(2, 3));
      return again?.status === 'published';
    });
    expect(await place.stored()).toEqual(messages.map(({ id }) => id));
    await way.close();
  });

  it('a connection on which no answers come any more is given up for a new one', async () => {
    const way = await holdableWay(new URL(url));
    const transport = await open(place, { url: `redis://127.0.0.1:${way.port}`, timeoutMs: 500 });
    await publish(transport, messageOf(1));
    way.hold('answers');
    await eventually('it is published over another connection', async () => {
      const [result] = await transport.publish([messageOf(2)]);
      return result?.status === 'published';
    });
    expect(await place.stored()).toEqual([messageOf(1).id, messageOf(2).id]);
    await way.close();
  });

  it('batches of any size keep their order', async () => {
    const transport = await open(place);
    const body = new Uint8Array(100_000);
    const messages = upTo(450).map((number) => messageOf(number, number < 100 ? { body } : {}));
    await publish(transport, ...messages);
    expect(await place.stored()).toEqual(messages.map(({ id }) => id));
  });

  it('is trimmed to about the length that the options say', async () => {
    const transport = await open(place, { maximumLength: 200 });
    for (const round of upTo(10)) {
      await publish(transport, ...upTo(100).map((at) => messageOf(round * 100 + at)));
    }
    const length = await place.client.xlen(place.name);
    expect(length).toBeGreaterThanOrEqual(200);
    expect(length).toBeLessThan(400);
    expect((await place.stored()).at(-1)).toBe(messageOf(1_100).id);
  });

  it('is trimmed of what is older than the options say', async () => {
    const transport = await open(place, { maximumAgeMs: 200 });
    await publish(transport, ...upTo(500).map((number) => messageOf(number)));
    let next = 500;
    await eventually('what is old is gone', async () => {
      next += 1;
      await publish(transport, messageOf(next));
      return (await place.client.xlen(place.name)) < 500;
    });
    expect((await place.stored()).at(-1)).toBe(messageOf(next).id);
  });

  it('refuses headers that cannot be fields', async () => {
    const transport = await open(place);
    const many = Object.fromEntries(upTo(1_001).map((number) => [`x-${number}`, '']));
    const results = await transport.publish([
      messageOf(1, { headers: many }),
      messageOf(2, { headers: { ':id': 'x' } }),
      messageOf(3),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['refused', 'refused', 'published']);
  });

  it('an answer that is an error fails its message and says why, without its body', async () => {
    const transport = await open(place);
    await place.client.set(place.name, 'in the way');
    const [result] = await transport.publish([messageOf(1)]);
    expect(result).toMatchObject({ status: 'failed' });
    const { error } = result as { readonly error: Error };
    expect(error.message).toContain('WRONGTYPE');
    expect(JSON.stringify([error, error.cause])).not.toContain('number');
    await place.client.del(place.name);
    await publish(transport, messageOf(1));
  });

  it('goes on after the server has forgotten its scripts', async () => {
    const transport = await open(place);
    await publish(transport, messageOf(1));
    await place.client.script('FLUSH');
    await publish(transport, messageOf(2));
  });
});

describeProgram('redis-server', (path) => {
  it('fails while the memory of the server is full, and goes on when there is room', async () => {
    const settings = { maxmemory: '5mb', 'maxmemory-policy': 'noeviction' };
    const server = await redisServer(path, settings);
    await server.start();
    const place = redisPlace(`redis://127.0.0.1:${server.port}`);
    const transport = await open(place);
    const body = new Uint8Array(100_000);
    let next = 0;
    await eventually('the memory is full', async () => {
      next += 1;
      const [result] = await transport.publish([messageOf(next, { body })]);
      return result?.status === 'failed';
    });
    expect(await place.stored()).toHaveLength(next - 1);
    await place.client.config('SET', 'maxmemory', '50mb');
    await publish(transport, messageOf(next, { body }));
    await transport.close();
    await place.remove();
    await server.remove();
  });

  it('lets go of a server that has become a replica, until it takes writes again', async () => {
    const server = await redisServer(path);
    await server.start();
    const place = redisPlace(`redis://127.0.0.1:${server.port}`);
    const transport = await open(place, { clientOptions: { connectionName: 'publisher' } });
    /** The server's number of the transport's connection. */
    const connection = async (): Promise<string | undefined> => {
      const lines = `${await place.client.client('LIST')}`.split('\n');
      return lines.find((line) => line.includes('name=publisher'))?.split(' ')[0];
    };
    await publish(transport, messageOf(1));
    const before = await connection();
    await place.client.replicaof('127.0.0.1', 1);
    const [result] = await transport.publish([messageOf(2)]);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'transportUnavailable' } });
    await eventually('it connects anew', async () => {
      const after = await connection();
      return after !== undefined && after !== before;
    });
    await place.client.replicaof('NO', 'ONE');
    await eventually('it is published', async () => {
      const [again] = await transport.publish([messageOf(2)]);
      return again?.status === 'published';
    });
    await transport.close();
    await place.remove();
    await server.remove();
  });
});
