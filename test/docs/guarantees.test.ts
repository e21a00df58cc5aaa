import { expect, it } from 'vitest';
import { storeConformanceCases } from '../../src/testing/conformance/index.ts';
import { transportConformanceCases } from '../../src/testing/transport-conformance/index.ts';
import { faultTests } from '../faults/fault-tests.ts';
import { consumerMutants } from '../store/mutants/consumers.ts';
import { parkingMutants } from '../store/mutants/parking.ts';
import { readingMutants } from '../store/mutants/reading.ts';
import { writingMutants } from '../store/mutants/writing.ts';
import { type Page, readPage, readPages, resolveLink, sectionsOf, tablesOf } from './markdown.ts';
import { hasTitle, readTitles } from './titles.ts';

const titles = readTitles();
const cases = new Set([
  ...[...storeConformanceCases, ...transportConformanceCases].map(({ name }) => name),
  ...faultTests.map(({ promise }) => promise),
]);
const mutants = [...writingMutants, ...readingMutants, ...consumerMutants, ...parkingMutants];
const finds = new Set(mutants.map(({ name }) => `finds: ${name}`));
const isTest = (text: string) =>
  cases.has(text) || finds.has(text) || titles.some((title) => title.test(text));
const quotedIn = (text: string) =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, quoted = '']) => quoted);

const page = readPage('docs/concepts/guarantees.md');
const promises = tablesOf(sectionsOf(page, 2).get('What is promised') ?? '').flat();

it.each(promises)('promise %s names tests that exist', (...row) => {
  expect(strayTestsIn(page, row.at(-1) ?? '')).toEqual([]);
});

it('there are promises, numbered one after the other', () => {
  expect(promises.length).toBeGreaterThan(10);
  expect(promises.map(([number]) => Number(number))).toEqual(promises.map((_, index) => index + 1));
});

const guide = readPage('docs/guides/run-it-in-production.md');
const failovers =
  tablesOf(sectionsOf(guide, 3).get('Replicas and failover') ?? '').find(([row]) =>
    row?.at(-1)?.startsWith('['),
  ) ?? [];

it.each(failovers)('what a failover keeps names tests that exist: %s', (...row) => {
  expect(strayTestsIn(guide, row.at(-1) ?? '')).toEqual([]);
});

it('there are promises of a failover', () => {
  expect(failovers.length).toBeGreaterThan(5);
});

/** Names in a cell that have no link, or a link to a file without a test of that name. */
function strayTestsIn(from: Page, cell: string): readonly string[] {
  const tests = [...cell.matchAll(/\[`([^`]+)`\]\(([^)]+)\)/g)];
  const linked = new Set(tests.map(([, title = '']) => title));
  expect(tests).not.toEqual([]);
  return [
    ...quotedIn(cell).filter((title) => !linked.has(title)),
    ...tests
      .filter(([, title = '', target = '']) => !hasTitle(resolveLink(from, target), title))
      .map(([, title = '']) => title),
  ];
}

it('the figures of docs/concepts/trade-offs.md are those of docs/reference/benchmarks.md', () => {
  const { text } = readPage('docs/reference/benchmarks.md');
  const [rows = []] = tablesOf(readPage('docs/concepts/trade-offs.md').text);
  const figures = rows.map((row) => row[1] ?? '');
  expect(figures.length).toBeGreaterThan(0);
  // The unit may stand in the head of the other table.
  const isThere = (figure: string) => text.includes(figure.replace(/ commands\/s$/, ''));
  expect(figures.filter((figure) => !isThere(figure))).toEqual([]);
});

it('whatever reads like the name of a test is one', () => {
  const sentence = /^[a-z][a-z]*(?:[ ,:]+[\w'-]+){5,}$/;
  const strangers = readPages()
    .flatMap(({ path, text }) => quotedIn(text).map((quoted) => ({ path, quoted })))
    .filter(({ quoted }) => sentence.test(quoted) && !isTest(quoted))
    .map(({ path, quoted }) => `${path}: ${quoted}`);
  expect(strangers).toEqual([]);
});

it('no page has a word that is still to be written', () => {
  const open = readPages().filter(({ text }) => /\bTODO\b|\bTBD\b|\bXXX\b/.test(text));
  expect(open.map(({ path }) => path)).toEqual([]);
});
