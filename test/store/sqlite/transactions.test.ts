import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { toCommitError, toStoreError } from '../../../src/store/sqlite/failure.ts';
import type { Commit } from '../../../src/store/store.ts';
import {
  commitOf,
  listIds,
  loadOne,
  upTo,
  wholeFeed,
  write,
} from '../../../src/testing/conformance/given.ts';
import { errorAt, newPath, openStore } from './kit.ts';

/** A commit that SQLite refuses in its middle: its second event has no type. */
function impossibleCommit(): Commit {
  const commit = commitOf({ orderId: 'bad', eventCount: 2, status: { lifecycle: 'new one' } });
  const events = commit.events.map((event) =>
    event.version === 2 ? { ...event, type: null as unknown as string } : event,
  );
  return { ...commit, events };
}

describe('a batch on SQLite', () => {
  it('is one transaction: when SQLite refuses one statement, nothing is written', async () => {
    const path = newPath();
    const store = await openStore(path);
    await write(store, commitOf());
    const batch = [commitOf({ orderId: 'good', key: 'key-1' }), impossibleCommit()];
    await expect(store.commit(batch)).rejects.toSatisfy(errorAt('storeDefect', path));
    expect(await listIds(store)).toEqual(['order-1']);
    // Its positions and its new status are not used up: what is written next takes them.
    await write(store, commitOf({ orderId: 'next', status: { lifecycle: 'another new one' } }));
    await write(store, commitOf({ orderId: 'last', status: { lifecycle: 'new one' } }));
    expect((await wholeFeed(store)).map((entry) => entry.position)).toEqual([1, 2, 3]);
    expect(await listIds(store, { status: { lifecycle: 'another new one' } })).toEqual(['next']);
    expect(await listIds(store, { status: { lifecycle: 'new one' } })).toEqual(['last']);
  });

  it('waits for another process, and gives up with storeUnavailable after the timeout', async () => {
    const path = newPath();
    const store = await openStore(path, { busyTimeoutMs: 20 });
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.commit([commitOf()])).rejects.toSatisfy(errorAt('storeUnavailable', path));
    await expect(store.commit([commitOf()])).rejects.toMatchObject({ retryable: true });
    // Reading goes on meanwhile.
    expect(await loadOne(store)).toBeUndefined();
    other.exec('ROLLBACK');
    other.close();
    await write(store, commitOf());
  });

  it('is refused as too long a wait by a store that is opening, too', async () => {
    const path = newPath();
    const other = new DatabaseSync(path);
    other.exec('BEGIN EXCLUSIVE');
    const opening = openStore(path, { busyTimeoutMs: 50 });
    await expect(opening).rejects.toSatisfy(errorAt('storeUnavailable', path));
    other.exec('ROLLBACK');
    other.close();
    await openStore(path);
  });

  it('comes back in full from a log that was not copied yet', async () => {
    const path = newPath();
    const store = await openStore(path);
    for (const batch of upTo(20)) {
      await write(store, ...upTo(50).map((index) => commitOf({ orderId: `${batch}/${index}` })));
    }
    const other = await openStore(path);
    expect(await wholeFeed(other)).toEqual(await wholeFeed(store));
  });
});

describe('a read on SQLite', () => {
  it('keeps nothing locked when it stopped before the end', async () => {
    const path = newPath();
    const store = await openStore(path);
    await write(store, ...upTo(50).map((index) => commitOf({ orderId: `order-${index}` })));
    await store.list({ tenantId: 'tenant-1', limit: 1 });
    await store.feed(0, 0, 1);
    await store.history(commitOf(), 0, 1);
    const other = new DatabaseSync(path);
    other.exec('PRAGMA busy_timeout = 0');
    // A reader that is still open would make this busy: the log could never be emptied.
    const result = other.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
    other.close();
    expect(result).toMatchObject({ busy: 0, log: 0 });
  });
});

describe('what SQLite throws', () => {
  it.each([
    [3, 'storeUnavailable'],
    [5, 'storeUnavailable'],
    [6, 'storeUnavailable'],
    [8, 'storeUnavailable'],
    [10, 'storeUnavailable'],
    [11, 'storeCorrupt'],
    [13, 'storeUnavailable'],
    [14, 'storeUnavailable'],
    [26, 'storeCorrupt'],
    [10 + 256 * 4, 'storeUnavailable'],
    [19, 'storeDefect'],
    [1, 'storeDefect'],
  ])('as result code %i comes out as %s, with the path and the cause', (errcode, code) => {
    const cause = Object.assign(new Error('x'), { code: 'ERR_SQLITE_ERROR', errcode });
    expect(toStoreError(cause, 'a.db')).toMatchObject({ code, cause, details: { path: 'a.db' } });
  });

  it('at a COMMIT that the disk did not confirm is an unknown outcome', () => {
    const unconfirmed = Object.assign(new Error('x'), { errcode: 10 + 256 * 4 });
    expect(toCommitError(unconfirmed, 'a.db').code).toBe('outcomeUnknown');
    const full = Object.assign(new Error('x'), { errcode: 13 });
    expect(toCommitError(full, 'a.db').code).toBe('storeUnavailable');
  });
});
