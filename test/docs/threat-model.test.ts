import { expect, it } from 'vitest';
import { linksOf, readPage, resolveLink, sectionsOf, tablesOf } from './markdown.ts';
import { hasTitle } from './titles.ts';

const page = readPage('docs/security/threat-model.md');
const rows = tablesOf(sectionsOf(page, 2).get('Threats') ?? '').flat();

it('every part of STRIDE has threats, numbered by its letter', () => {
  const ids = rows.map(([id = '']) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(ids.map(([letter]) => letter))).toEqual(new Set('STRIDE'));
});

it.each(rows)('threat %s names tests, each in the file that it links to', (...row) => {
  const shown = row.at(-1) ?? '';
  const tests = [...shown.matchAll(/\[`([^`]+)`\]\(([^)]+)\)/g)];
  expect(tests.length).toBeGreaterThan(0);
  const lost = tests
    .map(([, title = '', target = '']) => ({ title, path: resolveLink(page, target) }))
    .filter(({ title, path }) => !hasTitle(path, title));
  expect(lost).toEqual([]);
});

it('SECURITY.md leads to it', () => {
  const policy = readPage('.github/SECURITY.md');
  const paths = linksOf(policy).map(({ target }) => resolveLink(policy, target));
  expect(paths).toContain(page.path);
});
