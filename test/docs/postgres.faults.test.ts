import { describe, expect, it } from 'vitest';
import { postgresMigrations } from '../../src/store/postgres/index.ts';
import { commitOf, loadOne, wholeFeed, write } from '../../src/testing/conformance/given.ts';
import { testPool } from '../postgres/server.ts';
import { given, newRole, openStore } from '../store/postgres/kit.ts';
import { fencesOf, readPage, sectionsOf, tablesOf } from './markdown.ts';

const page = readPage('docs/internals/postgres-store.md');
const guide = readPage('docs/guides/run-it-in-production.md');
const sections = sectionsOf(page, 2);
const sql = postgresMigrations()
  .map((migration) => migration.sql)
  .join('\n');

/** Names that the statements of the schema create. */
const created = (what: string) =>
  [...sql.matchAll(new RegExp(`CREATE (?:UNIQUE )?${what} (?:orderchart\\.)?(\\w+)`, 'g'))].map(
    ([, name]) => name,
  );

function documented(title: string, column: number): readonly string[] {
  const [rows = []] = tablesOf(sections.get(title) ?? '');
  return rows.map((row) => (row[column] ?? '').replaceAll('`', ''));
}

describe('docs/internals/postgres-store.md', () => {
  it('has every table, and no other', () => {
    expect(documented('Tables', 0).toSorted()).toEqual(created('TABLE').toSorted());
  });

  it('has every index, and no other', () => {
    const indexes = documented('Indexes, by what they serve', 1);
    expect(indexes.toSorted()).toEqual(created('INDEX').toSorted());
  });
});

describe('the SQL of docs/guides/run-it-in-production.md', () => {
  const statements = fencesOf(guide)
    .filter(({ info }) => info === 'sql')
    .map(({ code }) => code);
  const questions = statements.filter((code) => code.includes('SELECT') && !/GRANT/.test(code));
  const grants = statements.filter((code) => /GRANT/.test(code));

  it.each(questions)('runs, and finds what is there: %s', async (question) => {
    const { store, schema, rows } = await given();
    await write(store, commitOf({ eventCount: 3 }));
    await rows(`INSERT INTO @.pending (partition, order_row, version, recorded_at)
      VALUES (0, 1, 1, 1)`);
    const lease = await store.subscriptions.acquire({
      ...{ subscription: 'mailer', partition: (await wholeFeed(store))[0]?.partition ?? 0 },
      ...{ owner: 'me', now: 1, durationMs: 9, startPosition: 1 },
    });
    const [entry] = await wholeFeed(store);
    if (lease === undefined || entry === undefined) throw new Error('Nothing to be parked.');
    const parked = {
      subscription: 'mailer',
      error: 'no',
      attempts: 1,
      retryAt: null,
      requeues: 0,
      parkedAt: 1,
    };
    await store.subscriptions.park(lease, [{ ...entry, ...parked }]);
    const text = question.replaceAll('orderchart', schema).replaceAll("'1 minute'", "'-1 minute'");
    const idle = testPool();
    const found = await idle.query(text);
    expect(found.rows.length).toBeGreaterThan(0);
  });

  it('counts how far a subscription is behind', async () => {
    const { store, schema, rows } = await given();
    await write(store, commitOf({ eventCount: 3 }));
    const partition = (await wholeFeed(store))[0]?.partition ?? 0;
    const request = { subscription: 'mailer', owner: 'me', now: 1, durationMs: 9 };
    await store.subscriptions.acquire({ ...request, partition, startPosition: 1 });
    const question = questions.find((code) => code.includes('events_behind')) ?? '';
    expect(await rows(question.replaceAll('orderchart', schema))).toEqual([
      { subscription: 'mailer', events_behind: '2', free: '1' },
    ]);
  });

  it('grants a role enough to work, and no more', async () => {
    const { schema, rows } = await given();
    const role = await newRole(schema);
    for (const text of grants) {
      await rows(
        text
          .replaceAll('orderchart', schema)
          .replaceAll('TO app', `TO ${role}`)
          .replaceAll('FROM app', `FROM ${role}`),
      );
    }
    const pool = testPool({ options: `-c role=${role}` });
    const store = await openStore({ pool, schema, migrate: false });
    await write(store, commitOf({ key: 'key-1', archivedAt: 1, eventCount: 2 }));
    await write(store, commitOf({ expectedVersion: 2, archivedAt: 1, recordedAt: 1 }));
    expect((await loadOne(store))?.version).toBe(3);
    expect(await wholeFeed(store)).toHaveLength(3);
    const who = { subscription: 'mailer', owner: 'me', now: 1, durationMs: 9 };
    await store.subscriptions.join(who);
    expect(
      await store.subscriptions.acquire({ ...who, partition: 1, startPosition: 0 }),
    ).toBeDefined();
    await store.subscriptions.leave('mailer', 'me');
    const request = { archivedBefore: 2, commandsBefore: 2 ** 50, limit: 9 };
    expect(await store.purge(request)).toEqual({ commands: 1, orders: 1 });
    for (const text of ['CREATE TABLE @.more (id integer)', 'DELETE FROM @.migrations']) {
      await expect(pool.query(text.replace('@', schema))).rejects.toThrow(/permission denied/);
    }
    const migrating = openStore({ pool, schema, migrate: true });
    // It looks, finds nothing to do, and works.
    expect(await loadOne(await migrating)).toBeUndefined();
  });
});
