import { existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { isOrderchartError } from '../../../src/errors.ts';
import { createSqliteStore, type SqliteWarning } from '../../../src/store/sqlite/index.ts';
import {
  commitOf,
  firstOrder,
  loadOne,
  upTo,
  wholeFeed,
  write,
} from '../../../src/testing/conformance/given.ts';
import { errorAt, newPath, openStore } from './kit.ts';

describe('the options of the SQLite store', () => {
  it.each([
    { path: '' },
    { path: ':memory:' },
    { path: 'a\0b' },
    { path: 7 },
    { path: 'orders.db', synchronous: 'off' },
    { path: 'orders.db', busyTimeoutMs: -1 },
    { path: 'orders.db', busyTimeoutMs: 0.5 },
  ])('are refused when they cannot work: %j', (options) => {
    expect(() => createSqliteStore(options as never)).toThrow(
      expect.objectContaining({ code: 'invalidArgument' }),
    );
  });

  it('weaken durability only for a host that takes the warning, by name', async () => {
    const path = newPath();
    expect(() => createSqliteStore({ path, synchronous: 'normal' })).toThrow(/warn/);
    const warnings: SqliteWarning[] = [];
    await openStore(path, { synchronous: 'normal', warn: (warning) => warnings.push(warning) });
    expect(warnings.map((warning) => warning.name)).toEqual(['sqliteSynchronousNormal']);
    expect(warnings[0]?.message).toContain(path);
    await openStore(path, { warn: (warning) => warnings.push(warning) });
    expect(warnings).toHaveLength(1);
  });
});

describe('the file of the SQLite store', () => {
  it('is made when it is not there, and is one whole file after closing', async () => {
    const path = newPath();
    const store = await openStore(path);
    await write(store, commitOf());
    expect(existsSync(`${path}-wal`)).toBe(true);
    await store.close();
    expect([path, `${path}-wal`, `${path}-shm`].map((file) => existsSync(file))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('needs a folder', async () => {
    const path = join(dirname(newPath()), 'none', 'orders.db');
    await expect(openStore(path)).rejects.toSatisfy(errorAt('storeUnavailable', path));
  });

  it.each([
    ['text', 'These are not the bytes you are looking for. '.repeat(50)],
    ['a short text', 'oops'],
    ['zeros', '\0'.repeat(8192)],
  ])('is refused as corrupt when it holds %s, and is left as it was', async (_, content) => {
    const path = newPath();
    writeFileSync(path, content);
    await expect(openStore(path)).rejects.toSatisfy(errorAt('storeCorrupt', path));
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  it('is refused when another program made it, and is left as it was', async () => {
    const path = newPath();
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE notes (text)');
    other.close();
    const before = readFileSync(path);
    await expect(openStore(path)).rejects.toSatisfy(errorAt('invalidArgument', path));
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is refused by name of both versions when a newer version of the package made it', async () => {
    const path = newPath();
    await (await openStore(path)).close();
    const newer = new DatabaseSync(path);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    await expect(openStore(path)).rejects.toSatisfy(
      (error) =>
        errorAt('storeSchemaTooNew', path)(error) &&
        /version 99.* supports up to 2/.test(`${error}`),
    );
  });

  it('is not written any more once another process has upgraded it', async () => {
    const path = newPath();
    const store = await openStore(path);
    await write(store, commitOf());
    const newer = new DatabaseSync(path);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    await expect(store.commit([commitOf({ expectedVersion: 1 })])).rejects.toSatisfy(
      errorAt('storeSchemaTooNew', path),
    );
    expect((await loadOne(store))?.version).toBe(1);
  });

  it('tells a damaged page from a missing order, whoever reads it', async () => {
    const path = newPath();
    const ids = upTo(300).map((index) => `order-${index}`);
    const store = await openStore(path);
    await write(store, ...ids.map((orderId) => commitOf({ orderId, key: orderId })));
    await store.close();
    const bytes = readFileSync(path);
    // Everything but the header and the schema, which stand on the first pages.
    bytes.fill(0xff, 32 * 4096);
    writeFileSync(path, bytes);
    const damaged = await openStore(path);
    const { tenantId } = firstOrder;
    const isCorrupt = (error: unknown) => isOrderchartError(error, 'storeCorrupt');
    await expect(damaged.load(ids.map((orderId) => ({ tenantId, orderId })))).rejects.toSatisfy(
      isCorrupt,
    );
    await expect(wholeFeed(damaged)).rejects.toSatisfy(isCorrupt);
    await expect(
      damaged.commit(ids.map((orderId) => commitOf({ orderId, expectedVersion: 1 }))),
    ).rejects.toSatisfy(isCorrupt);
  });

  it('is corrupt when its end is missing', async () => {
    const path = newPath();
    const store = await openStore(path);
    await write(store, ...upTo(300).map((index) => commitOf({ orderId: `order-${index}` })));
    await store.close();
    truncateSync(path, 12 * 4096);
    const reading = openStore(path).then((damaged) => wholeFeed(damaged));
    await expect(reading).rejects.toSatisfy((error) => isOrderchartError(error, 'storeCorrupt'));
  });

  it('is corrupt when a stored text is no JSON, and says whose', async () => {
    const path = newPath();
    const store = await openStore(path);
    await write(store, commitOf());
    const other = new DatabaseSync(path);
    other.exec(`UPDATE orders SET data = '{"total":'`);
    other.close();
    await expect(loadOne(store)).rejects.toThrow(
      expect.objectContaining({
        code: 'storeCorrupt',
        message: expect.stringContaining('order order-1'),
      }),
    );
  });

  it.skipIf(process.platform === 'win32')(
    'is not written any more once it was deleted or replaced',
    async () => {
      const path = newPath();
      const store = await openStore(path);
      await write(store, commitOf());
      rmSync(path);
      const commit = store.commit([commitOf({ expectedVersion: 1 })]);
      await expect(commit).rejects.toSatisfy(errorAt('storeClosed', path));
      writeFileSync(path, '');
      const again = store.commit([commitOf({ expectedVersion: 1 })]);
      await expect(again).rejects.toSatisfy(errorAt('storeClosed', path));
    },
  );

  it.skipIf(process.platform === 'win32')(
    'is not used in any other way either once another one was renamed to its path',
    async () => {
      const [path, backup] = [newPath(), newPath()];
      const store = await openStore(path);
      await write(store, commitOf());
      const place = { subscription: 'mailer', partition: 0, owner: 'one' };
      const asked = { ...place, now: 1_000, durationMs: 100, startPosition: 0 };
      const lease = await store.subscriptions.acquire(asked);
      if (lease === undefined) throw new Error('The lease is free.');
      const other = await openStore(backup);
      await other.close();
      renameSync(backup, path);
      const { subscriptions } = store;
      const calls: Readonly<Record<string, () => Promise<unknown>>> = {
        load: () => store.load([firstOrder]),
        history: () => store.history(firstOrder, 0, 10),
        list: () => store.list({ tenantId: 'tenant-1', limit: 1 }),
        feed: () => store.feed(0, 0, 10),
        'feed of a reader': () =>
          store.feed(0, 0, 10, undefined, { history: 1, eventId: undefined }),
        feedEnd: () => store.feedEnd(0),
        due: () => store.due(9, 1),
        raiseHistory: async () => store.raiseHistory?.(0),
        join: () => subscriptions.join(asked),
        acquire: () => subscriptions.acquire(asked),
        renew: () => subscriptions.renew(lease, 1_050, 100),
        checkpoint: () => subscriptions.checkpoint(lease, 1),
        checkpoints: () => subscriptions.checkpoints('mailer'),
        parked: () => subscriptions.parked('mailer', 1),
        release: () => subscriptions.release(lease),
      };
      for (const [name, call] of Object.entries(calls)) {
        await expect(call(), name).rejects.toSatisfy(errorAt('storeClosed', path));
      }
    },
  );
});
