import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { Database } from '../../../src/store/sqlite/database.ts';
import { sqliteMigrations } from '../../../src/store/sqlite/index.ts';
import { checkFile, migrate } from '../../../src/store/sqlite/schema.ts';
import {
  commitOf,
  firstOrder,
  loadOne,
  upTo,
  wholeFeed,
  write,
} from '../../../src/testing/conformance/given.ts';
import { newPath, openStore } from './kit.ts';

const golden = readFileSync(new URL('./golden-version1.sql', import.meta.url), 'utf8');

/** Opens the file with the given steps, lets `look` look at it, and closes it. */
function opened<Result>(
  path: string,
  steps: typeof sqliteMigrations,
  look: (database: Database) => Result,
): Result {
  const database = new Database(path, 1_000);
  try {
    checkFile(database, steps);
    migrate(database, steps);
    return look(database);
  } finally {
    database.close();
  }
}

const columnsOf = (database: Database): unknown[] =>
  database
    .prepare<{ name: string }>("SELECT name FROM pragma_table_info('orders')")
    .all()
    .map((row) => row.name);
const versionOf = (database: Database): unknown => database.pragma('user_version');

describe('the migrations', () => {
  const version = sqliteMigrations.length + 1;
  const next = { version, sql: 'ALTER TABLE orders ADD COLUMN channel TEXT' };
  const broken = {
    version: version + 1,
    sql: 'ALTER TABLE orders ADD COLUMN region TEXT; SELECT nonsense',
  };

  it('are numbered from 1 without gaps', () => {
    expect(sqliteMigrations.map((step) => step.version)).toEqual(upTo(sqliteMigrations.length));
  });

  it('bring an older file up to date, and keep what is in it', async () => {
    const path = newPath();
    const store = await openStore(path);
    await write(store, commitOf({ eventCount: 2 }));
    await store.close();
    opened(path, [...sqliteMigrations, next], (database) => {
      expect(versionOf(database)).toBe(version);
      expect(columnsOf(database)).toContain('channel');
      expect(database.prepare('SELECT version, channel FROM orders').all()).toEqual([
        { version: 2, channel: null },
      ]);
    });
    // Once is enough.
    opened(path, [...sqliteMigrations, next], (database) =>
      expect(versionOf(database)).toBe(version),
    );
  });

  it('are each a transaction: one that fails leaves the version before it, whole', async () => {
    const path = newPath();
    expect(() => opened(path, [...sqliteMigrations, next, broken], versionOf)).toThrow(/nonsense/);
    opened(path, [...sqliteMigrations, next], (database) => {
      expect(versionOf(database)).toBe(version);
      expect(columnsOf(database)).not.toContain('region');
    });
  });
});

// A file as version 1 of the schema wrote it, as SQL. It is never written anew: if the store stops
// reading it, the store is wrong.
describe('a file of schema version 1', () => {
  it('has the schema that step 1 makes: a released step does not change', () => {
    const old = new DatabaseSync(':memory:');
    old.exec(golden);
    const made = new DatabaseSync(':memory:');
    made.exec(sqliteMigrations[0]?.sql ?? '');
    const schemaOf = (database: DatabaseSync) =>
      database.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name').all();
    expect(schemaOf(made)).toEqual(schemaOf(old));
  });

  it('opens, and everything in it is as it was written', async () => {
    const path = newPath();
    const old = new DatabaseSync(path);
    old.exec(golden);
    old.close();
    const store = await openStore(path);
    const record = await loadOne(store);
    expect(record).toEqual({
      ...firstOrder,
      number: 'N-1',
      customerId: 'customer-1',
      version: 3,
      revision: 'tenant-1/order-1/3',
      status: { lifecycle: 'confirmed', payment: 'captured' },
      deadlines: [{ name: 'fulfillment.open.late', dueAt: 1_767_355_200_000 }],
      placedAt: 1_767_268_800_000,
      updatedAt: 1_767_268_860_000,
      archivedAt: null,
      order: { currency: 'EUR', total: 1050, note: 'a\0b "quoted" \u{1f600}' },
    });
    expect((await wholeFeed(store)).map(({ position, event }) => [position, event.id])).toEqual([
      [1, 'tenant-1/order-1/1'],
      [2, 'tenant-1/order-1/2'],
      [3, 'tenant-2/order-2/1'],
      [4, 'tenant-1/order-1/3'],
    ]);
    expect((await store.history(firstOrder, 2, 1))[0]).toMatchObject({
      type: 'order.changed',
      causationId: 'key-2',
      trace: null,
      actor: { kind: 'customer', id: 'customer-1' },
      status: { lifecycle: 'confirmed', payment: 'captured' },
    });
    expect(await store.commit([commitOf({ key: 'key-2' })])).toMatchObject([
      { status: 'duplicate', record: { outcome: { status: 'accepted', version: 3 } } },
    ]);
    expect(await store.subscriptions.checkpoints('mailer')).toEqual([
      { partition: 0, position: 2 },
    ]);
    expect(await store.subscriptions.parked('mailer', 9)).toMatchObject([
      { position: 1, error: 'no address', attempts: 3, event: { id: 'tenant-1/order-1/1' } },
    ]);
    await write(store, commitOf({ expectedVersion: 3, expectedRevision: 'tenant-1/order-1/3' }));
    expect((await wholeFeed(store)).at(-1)?.position).toBe(5);
    // What came with version 2.
    const request = { subscription: 'mailer', owner: 'worker-1', now: 1, durationMs: 9 };
    expect(await store.subscriptions.join(request)).toEqual(['worker-1']);
  });
});
