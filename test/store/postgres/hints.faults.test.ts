import { expect, it, onTestFinished, vi } from 'vitest';
import type { OrderStore } from '../../../src/store/store.ts';
import { commitOf, loadOne, noon, write } from '../../../src/testing/conformance/given.ts';
import { testPool, testUrl } from '../../postgres/server.ts';
import { TcpProxy } from '../../postgres/tcp-proxy.ts';
import { type Given, given, hostTransaction, inside, openStore } from './kit.ts';

/** Listens, and gives how often news came. */
async function listening(store: OrderStore): Promise<() => number> {
  const onNews = vi.fn();
  const stop = await store.listen?.(onNews);
  onTestFinished(() => stop?.());
  return () => onNews.mock.calls.length;
}

/** The server's connections that listen to the news of this schema. */
async function listeners({ schema, rows }: Given): Promise<readonly number[]> {
  const found = await rows<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE query = $1 AND pid <> pg_backend_pid()',
    [`LISTEN ${schema}_news`],
  );
  return found.map(({ pid }) => pid);
}

it('what one process commits, the other one hears of; a refused commit is no news', async () => {
  const setup = await given();
  const other = await setup.another();
  const heard = await listening(other);
  await write(setup.store, commitOf());
  await expect.poll(heard).toBeGreaterThan(0);
  const before = heard();
  await setup.store.commit([commitOf()]);
  // Sent by the same process one after the other, so the refusal's would have come before.
  await setup.rows(`NOTIFY @_news, 'somebody'`);
  await expect.poll(heard).toBe(before + 1);
});

it('a place that is given back is news', async () => {
  const setup = await given();
  const other = await setup.another();
  const { subscriptions } = setup.store;
  const who = { subscription: 'mailer', owner: 'me', now: noon, durationMs: 9 };
  const lease = await subscriptions.acquire({ ...who, partition: 0, startPosition: 0 });
  await subscriptions.join(who);
  const heard = await listening(other);
  if (lease !== undefined) await subscriptions.release(lease);
  await expect.poll(heard).toBe(1);
  await subscriptions.leave('mailer', 'me');
  await expect.poll(heard).toBe(2);
});

it('a process is not woken by its own news', async () => {
  const setup = await given();
  const pool = testPool({ max: 3 });
  let arrived = 0;
  pool.on('connect', (client) => {
    client.on('notification', () => {
      arrived += 1;
    });
  });
  const store = await openStore({ pool, schema: setup.schema });
  const heard = await listening(store);
  await write(store, commitOf());
  await expect.poll(() => arrived).toBe(1);
  expect(heard()).toBe(0);
  await write(setup.store, commitOf({ expectedVersion: 1 }));
  await expect.poll(() => arrived).toBe(2);
  expect(heard()).toBe(1);
});

it('news of another schema are not heard', async () => {
  const [setup, stranger] = [await given(), await given()];
  const other = await setup.another();
  const heard = await listening(other);
  await write(stranger.store, commitOf());
  await write(setup.store, commitOf());
  await expect.poll(heard).toBe(1);
});

it('a transaction of the host’s tells nothing by itself; its events are found all the same', async () => {
  const setup = await given();
  const other = await setup.another();
  const heard = await listening(other);
  const host = await hostTransaction();
  await inside(setup.store, host).commit([commitOf()]);
  await host.query('COMMIT');
  expect((await loadOne(other))?.version).toBe(1);
  await write(setup.store, commitOf({ orderId: 'b' }));
  await expect.poll(heard).toBe(1);
});

it('listening goes on when its connection is ended, and what was missed is looked for', async () => {
  const setup = await given();
  const heard = await listening(await setup.another());
  const [first] = await listeners(setup);
  await setup.rows('SELECT pg_terminate_backend($1)', [first]);
  // News may have been missed meanwhile, so the new connection begins with a look.
  await expect.poll(heard).toBe(1);
  expect(await listeners(setup)).not.toContain(first);
  await write(setup.store, commitOf());
  await expect.poll(heard).toBe(2);
});

it('listening waits for a server that is away', async () => {
  const setup = await given();
  const proxy = await TcpProxy.create(testUrl());
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const pool = testPool({ connectionString: proxy.url, max: 3 });
  const store = await openStore({ pool, schema: setup.schema });
  proxy.choose = () => 'requestLost';
  const heard = await listening(store);
  await expect.poll(() => proxy.cuts.length).toBeGreaterThan(1);
  proxy.choose = () => undefined;
  await expect.poll(() => listeners(setup)).toHaveLength(1);
  const before = heard();
  await write(setup.store, commitOf());
  await expect.poll(heard).toBeGreaterThan(before);
});

it('its connection is nobody else’s afterwards', async () => {
  const setup = await given();
  const pool = testPool({ max: 2 });
  const store = await openStore({ pool, schema: setup.schema });
  const stop = await store.listen?.(() => {});
  expect(await listeners(setup)).toHaveLength(1);
  await stop?.();
  await expect.poll(() => listeners(setup)).toEqual([]);
  expect(await loadOne(store)).toBeUndefined();
});
