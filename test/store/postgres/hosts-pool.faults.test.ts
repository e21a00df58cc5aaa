import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPostgresPool, type PostgresPool } from '../../../src/store/postgres/index.ts';
import type { OrderStore } from '../../../src/store/store.ts';
import { commitOf, loadOne, upTo, write } from '../../../src/testing/conformance/given.ts';
import type { Cluster } from '../../postgres/cluster.ts';
import { ReplicatedPair } from '../../postgres/replicated-pair.ts';
import { errorOf, openStore, outcomesOf } from './kit.ts';

const config = { user: 'postgres', database: 'postgres' };
const hostOf = ({ port }: Cluster): string => `127.0.0.1:${port}`;

async function givenPair(): Promise<ReplicatedPair> {
  const pair = await ReplicatedPair.create({ replication: 'synchronous' });
  onTestFinished(() => pair[Symbol.asyncDispose]());
  return pair;
}

function poolOf(...hosts: readonly string[]) {
  const pool = createPostgresPool({ hosts, config, max: 4 });
  onTestFinished(() => pool.end());
  return pool;
}

/** The ports of the servers that as many connections at once lead to. */
async function portsOf(pool: PostgresPool, count: number): Promise<ReadonlySet<number>> {
  const clients = await Promise.all(upTo(count).map(() => pool.connect()));
  const ports = new Set<number>();
  for (const client of clients) {
    const { rows } = await client.query({ text: 'SELECT inet_server_port() AS port' });
    ports.add((rows[0] as { readonly port: number }).port);
    client.release();
  }
  return ports;
}

async function failuresUntilCommitted(store: OrderStore, orderId: string): Promise<number> {
  for (let failures = 0; ; failures += 1) {
    const [outcome] = await outcomesOf(store, commitOf({ orderId, key: orderId })).catch(() => [
      '',
    ]);
    if (outcome !== '') return failures;
  }
}

/** A host that lets everybody connect, and says nothing. */
async function silentHost(): Promise<string> {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as { readonly port: number }).port}`;
}

describe('a pool over several hosts', () => {
  it('leads to the primary, in whatever order the hosts stand, and never to a standby', async () => {
    const pair = await givenPair();
    const hosts = [hostOf(pair.primary), hostOf(pair.standby), await silentHost(), '127.0.0.1:1'];
    for (const order of [hosts, hosts.toReversed(), [...hosts.slice(1), ...hosts.slice(0, 1)]]) {
      const pool = poolOf(...order);
      expect(await portsOf(pool, 4)).toEqual(new Set([pair.primary.port]));
      // And the connections that it keeps.
      expect(await portsOf(pool, 4)).toEqual(new Set([pair.primary.port]));
    }
  });

  it('leads to the standby that was promoted after the primary was killed; no address moves', async () => {
    const pair = await givenPair();
    const pool = poolOf(hostOf(pair.primary), hostOf(pair.standby));
    const store = await openStore({ pool });
    await write(store, commitOf());
    await pair.primary.stop('kill');
    await expect(loadOne(store)).rejects.toSatisfy(errorOf('storeUnavailable', /./));
    await pair.promote();
    expect(await failuresUntilCommitted(store, 'b')).toBeLessThanOrEqual(1);
    expect((await loadOne(store))?.version).toBe(1);
    expect(await portsOf(pool, 4)).toEqual(new Set([pair.standby.port]));
  });

  it('leads past a primary that is frozen, and past it when it thaws', async () => {
    const pair = await givenPair();
    const pool = poolOf(hostOf(pair.primary), hostOf(pair.standby));
    const store = await openStore({ pool, answerTimeoutMs: 15_000 });
    await write(store, commitOf());
    await Promise.all(upTo(4).map(() => loadOne(store)));
    pair.primary.freeze();
    await pair.promote();
    expect(await failuresUntilCommitted(store, 'b')).toBeLessThanOrEqual(1);
    pair.primary.thaw();
    for (const n of upTo(10)) await write(store, commitOf({ orderId: `later-${n}` }));
    expect(await portsOf(pool, 4)).toEqual(new Set([pair.standby.port]));
  });

  it('says that none is a primary, without the password', async () => {
    const hosts = ['127.0.0.1:1', '127.0.0.1:2'];
    const pool = createPostgresPool({ hosts, config: { ...config, password: 'a secret' } });
    onTestFinished(() => pool.end());
    const error: unknown = await pool.connect().catch((thrown: unknown) => thrown);
    expect(error).toSatisfy(errorOf('storeUnavailable', /None of the hosts is a primary/));
    expect(JSON.stringify(error)).not.toContain('a secret');
  });
});

it.each([
  { hosts: [] },
  { hosts: 'db-1' },
  { hosts: ['db-1', ''] },
  { hosts: ['user@db-1'] },
  { hosts: ['db-1/orders'] },
  { hosts: ['db-1:port'] },
  { hosts: ['db-1'], max: 0 },
  { hosts: ['db-1'], connectTimeoutMs: 0.5 },
])('options of a pool over several hosts are refused when they cannot work: %j', (options) => {
  expect(() => createPostgresPool(options as never)).toThrow(
    expect.objectContaining({ code: 'invalidArgument' }),
  );
});
