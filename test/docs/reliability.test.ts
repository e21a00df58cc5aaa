import { expect, it } from 'vitest';
import { faultTests } from '../faults/fault-tests.ts';
import { readPage, sectionsOf, tablesOf } from './markdown.ts';

const sections = sectionsOf(readPage('docs/reference/reliability.md'), 2);
const tableIn = (title: string) => tablesOf(sections.get(title) ?? '')[0] ?? [];

it('every fault test has its promise on the page of reliability, in the order of the run', () => {
  // Those of brokers have a section of their own.
  const own = faultTests.filter(({ name }) => !name.startsWith('broker-'));
  const names = own.map(({ name, promise }) => [`\`${name}\``, promise]);
  expect(tableIn('What is tested').map(([name, promise]) => [name, promise])).toEqual(names);
});

it('every fault test has its figures there, and none of them is a loss', () => {
  const own = faultTests.filter(({ name }) => !name.startsWith('broker-'));
  const rows = tableIn('Figures');
  expect(rows.map(([name]) => name)).toEqual(own.map(({ name }) => `\`${name}\``));
  expect(new Set(rows.map((row) => row.at(-1)))).toEqual(new Set(['0']));
  expect(tableIn('Brokers').map(([name]) => name?.toLowerCase())).toEqual(
    faultTests.slice(own.length).map(({ name }) => name.replace('broker-', '')),
  );
});
