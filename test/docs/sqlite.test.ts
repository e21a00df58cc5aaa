import { expect, it } from 'vitest';
import { sqliteMigrations } from '../../src/store/sqlite/schema.ts';
import { readPage, sectionsOf, tablesOf } from './markdown.ts';

const sections = sectionsOf(readPage('docs/internals/sqlite-store.md'), 2);
const sql = sqliteMigrations.map((migration) => migration.sql).join('\n');

/** Names that the statements of the schema create. */
const created = (what: string) =>
  [...sql.matchAll(new RegExp(`CREATE (?:UNIQUE )?${what} (\\w+)`, 'g'))].map(([, name]) => name);

function documented(title: string, column: number): readonly string[] {
  const [rows = []] = tablesOf(sections.get(title) ?? '');
  return rows.map((row) => (row[column] ?? '').replaceAll('`', ''));
}

it('docs/internals/sqlite-store.md has every table, and no other', () => {
  expect(documented('Tables', 0).toSorted()).toEqual(created('TABLE').toSorted());
});

it('docs/internals/sqlite-store.md has every index, and no other', () => {
  const indexes = documented('Indexes, by what they serve', 1);
  expect(indexes.toSorted()).toEqual(created('INDEX').toSorted());
});
