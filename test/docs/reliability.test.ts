import { expect, it } from 'vitest';
import { faultTests } from '../faults/fault-tests.ts';
import { readPage, sectionsOf, tablesOf } from './markdown.ts';

const sections = sectionsOf(readPage('docs/reference/reliability.md'), 2);
const tableIn = (title: string) => tablesOf(sections.get(title) ?? '')[0] ?? [];

it('every fault test has its promise and its figures on the page, in the order of the run', () => {
  // Those of brokers have a section of their own.
  const own = faultTests.filter(({ name }) => !name.startsWith('broker-'));
  const names = own.map(({ name, promise }) => [`\`${name}\``, promise]);
  expect(tableIn('What is tested').map(([name, promise]) => [name, promise])).toEqual(names);
  expect(tableIn('Figures').map(([name]) => name)).toEqual(names.map(([name]) => name));
});

it('nothing was lost', () => {
  expect(new Set(tableIn('Figures').map((row) => row.at(-1)))).toEqual(new Set(['0']));
});
