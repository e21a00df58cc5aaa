import { expect, it } from 'vitest';
import { storeConformanceCases } from '../../src/testing/conformance/index.ts';
import { transportConformanceCases } from '../../src/testing/transport-conformance/index.ts';
import { faultTests } from '../faults/fault-tests.ts';
import { consumerMutants } from '../store/mutants/consumers.ts';
import { parkingMutants } from '../store/mutants/parking.ts';
import { readingMutants } from '../store/mutants/reading.ts';
import { writingMutants } from '../store/mutants/writing.ts';
import { readPage, readPages, sectionsOf, tablesOf } from './markdown.ts';
import { readTitles } from './titles.ts';

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

const promises = tablesOf(
  sectionsOf(readPage('docs/concepts/guarantees.md'), 2).get('What is promised') ?? '',
)[0];

it.each(promises ?? [])('promise %s names tests that exist', (...row) => {
  const tests = quotedIn(row.at(-1) ?? '');
  expect(tests).not.toEqual([]);
  expect(tests.filter((test) => !isTest(test))).toEqual([]);
});

it('there are promises', () => {
  expect(promises?.length).toBeGreaterThan(10);
});

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
