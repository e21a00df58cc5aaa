import { expect, it } from 'vitest';
import { newCounters } from '../../src/engine/kernel/stats.ts';
import { headingsOf, readPage, sectionsOf, tablesOf } from './markdown.ts';

const page = readPage('docs/operations/slo.md');
const guide = readPage('docs/guides/run-it-in-production.md');
const sections = sectionsOf(page, 2);
const quotedIn = (text: string) =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, quoted = '']) => quoted);

it('every count and level of stats() that an indicator comes from exists', () => {
  const levels = ['pending', 'pendingBytes', 'historyChanges', 'timersFailing'];
  const counts = new Set([...Object.keys(newCounters()), ...levels]);
  const rows = tablesOf(sections.get('Indicators') ?? '')[0] ?? [];
  const named = rows.flatMap((row) =>
    [...(row.at(-1) ?? '').matchAll(/((?:`\w+`(?:,| and| over)? )+)of `stats\(\)`/g)].flatMap(
      ([, names = '']) => quotedIn(names),
    ),
  );
  expect(named.length).toBeGreaterThan(8);
  expect(named.filter((name) => !counts.has(name))).toEqual([]);
});

it('every message of the log that it names is in the guide', () => {
  // Line by line, because fences are backticks too.
  const quoted = page.text.split('\n').flatMap(quotedIn);
  const messages = quoted.filter((text) => /^[A-Z].* .*\.$/.test(text));
  expect(messages.length).toBeGreaterThan(3);
  expect(messages.filter((message) => !guide.text.includes(`\`${message}\``))).toEqual([]);
});

it('its measured figures are those of docs/reference/benchmarks.md', () => {
  const { text } = readPage('docs/reference/benchmarks.md');
  const [rows = []] = tablesOf(sections.get('Capacity') ?? '');
  const figures = rows.flatMap((row) => (row[1] ?? '').split(' and '));
  expect(figures.length).toBeGreaterThan(8);
  const isThere = (figure: string) => text.includes(figure.replace(/ commands\/s$/, ''));
  expect(figures.filter((figure) => !isThere(figure))).toEqual([]);
});

it('every alert without a budget has its list for 3 a.m., and no list is without an alert', () => {
  const alerts = tablesOf(sections.get('Alerts') ?? '')[1] ?? [];
  const targets = alerts.map(([name = '']) => /\(#([\w-]+)\)/.exec(name)?.[1]);
  const night = headingsOf(page).find(({ title }) => title === 'At 3 a.m.')?.line ?? 0;
  const lists = headingsOf(page).filter(({ line }) => line > night);
  expect(targets).toEqual(lists.map(({ anchor }) => anchor));
});
