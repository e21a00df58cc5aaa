import { describe, expect, it } from 'vitest';
import type { ChartNode } from '../../src/chart/index.ts';
import { requestTypes } from '../../src/order/commands/commands.ts';
import {
  amendmentPrefix,
  exchangePrefix,
  moneyDeadlines,
  returnPrefix,
} from '../../src/order/deadlines.ts';
import { disputePrefix } from '../../src/order/disputes.ts';
import { eventSchemas } from '../../src/order/events/events.ts';
import { compileOrderChart } from '../../src/order/lifecycle/chart.ts';
import { lifecycleDiagram } from '../../src/order/lifecycle/diagram.ts';
import { expectGenerated } from './generated.ts';
import { fencesOf, readPage, sectionsOf, tablesOf } from './markdown.ts';
import { readTitles } from './titles.ts';

const path = 'docs/reference/lifecycle.md';
const page = readPage(path);
const sections = sectionsOf(page, 2);
const { chart } = compileOrderChart([], 100);
const titles = readTitles();

/** The rows of the first table of a section. */
const rowsOf = (title: string, level = 2) =>
  tablesOf(sectionsOf(page, level).get(title) ?? '')[0] ?? [];

/** Texts in backticks. */
const quotedIn = (text: string) =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, quoted = '']) => quoted);

const nodes = (node: ChartNode): readonly ChartNode[] => [node, ...node.children.flatMap(nodes)];

describe('what is generated', () => {
  it('the diagram is that of the chart', () => {
    expectGenerated(
      path,
      'diagram',
      ['```mermaid', lifecycleDiagram().trimEnd(), '```'].join('\n'),
    );
  });

  it('the table of requests is that of the chart', () => {
    expectGenerated(path, 'requests', requestTable());
  });

  function requestTable(): string {
    const states = chart.root.children.find(({ key }) => key === 'lifecycle')?.children ?? [];
    const head = ['Request', ...states.map(({ key }) => `\`${key}\``)];
    const rows = requestTypes
      .filter((type) => type !== 'order.place')
      .map((type) => [`\`${type}\``, ...states.map((state) => cell(state, type))]);
    return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
  }

  function cell({ transitions }: ChartNode, type: string): string {
    return transitions
      .filter(({ event }) => event === type)
      .map(({ guard, targets }) => {
        const condition =
          guard
            ?.split(' & ')
            .map((name) => `\`${name}\``)
            .join(' and ') ?? 'yes';
        const target = targets[0]?.replace('lifecycle.', '');
        return target === undefined ? condition : `${condition}, to \`${target}\``;
      })
      .join('; else ');
  }
});

describe('the laws', () => {
  const laws = ['Laws of units', 'Laws of money', 'Laws of the life'].flatMap((title) =>
    rowsOf(title),
  );

  it.each(laws.map((row) => [row[0] ?? '', row.at(-1) ?? ''] as const))(
    '%s names tests that exist',
    (_, tests) => {
      expect(quotedIn(tests).length).toBeGreaterThan(0);
      for (const title of quotedIn(tests)) expect(isTitle(title), title).toBe(true);
    },
  );

  it('every law that a test is named after is there, and no other', () => {
    const named = titles.map(({ source }) => /^\^([QFML]\d+): /.exec(source)?.[1]);
    const inTests = new Set(named.filter((law) => law !== undefined));
    expect(new Set(laws.map(([law]) => law))).toEqual(inTests);
  });
});

it('every case names tests that exist', () => {
  for (const row of rowsOf('Cases that come out right')) {
    const tests = quotedIn(row.at(-1) ?? '');
    expect(tests.length).toBeGreaterThan(0);
    for (const title of tests) expect(isTitle(title), title).toBe(true);
  }
});

const labelRegions = ['payment', 'refund', 'fulfillment', 'returns', 'amendment', 'dispute'];

it('every region and state has its meaning', () => {
  const documented = Object.fromEntries(
    [
      ...['lifecycle', 'hold'].map((name) => [name, 3] as const),
      ...labelRegions.map((name) => [name, 4] as const),
    ].map(([name, level]) => [
      name,
      rowsOf(name, level)
        .flatMap(([state = '']) => quotedIn(state))
        .sort(),
    ]),
  );
  const own = chart.root.children.map(({ key, children }) => [
    key,
    children.map((state) => state.key).sort(),
  ]);
  expect(documented).toEqual(Object.fromEntries(own));
});

it('labels are listed in the order in which they are asked', () => {
  for (const name of labelRegions) {
    const region = chart.root.children.find(({ key }) => key === name);
    const asked = region?.transitions.map(({ targets }) => targets[0]?.split('.')[1]);
    expect(rowsOf(name, 4).flatMap(([state = '']) => quotedIn(state))).toEqual(asked);
  }
});

it('every guard of a request has its meaning, and every timer', () => {
  const all = nodes(chart.root);
  const guards = all
    .flatMap(({ transitions }) => transitions)
    .filter(({ event }) => (requestTypes as readonly string[]).includes(event))
    .flatMap(({ guard }) => guard?.split(' & ') ?? []);
  const documented = rowsOf('Guards of requests', 3).flatMap(([name = '']) => quotedIn(name));
  expect(documented).toEqual([...new Set(guards)].sort());
  const timers = all.flatMap((node) => node.timers.map(({ name }) => name));
  const ofDocuments = [amendmentPrefix, exchangePrefix, returnPrefix, disputePrefix];
  const derived = [...Object.values(moneyDeadlines), ...ofDocuments];
  expect(rowsOf('Timers').flatMap(([name = '']) => quotedIn(name))).toEqual([
    ...timers,
    ...derived,
  ]);
});

it('what happens by itself are events, and all that the chart emits', () => {
  const documented = rowsOf('What happens by itself').flatMap(([name = '']) => quotedIn(name));
  for (const type of documented) expect(Object.keys(eventSchemas)).toContain(type);
  const emitted = nodes(chart.root).flatMap(({ emits, transitions }) => [
    ...emits.entry,
    ...transitions.flatMap((transition) => transition.emits),
  ]);
  expect(documented).toEqual(expect.arrayContaining(emitted));
});

it('the diagram of README has the arrows of the lifecycle', () => {
  const drawn =
    fencesOf(readPage('README.md')).find(({ code }) => code.startsWith('stateDiagram'))?.code ?? '';
  const arrows = [...drawn.matchAll(/(\w+) --> (\w+)/g)].map(([, from, to]) => `${from} ${to}`);
  const lifecycle = chart.root.children.find(({ key }) => key === 'lifecycle');
  const own = (lifecycle?.children ?? []).flatMap(({ key, transitions }) =>
    transitions
      .flatMap(({ targets }) => targets.map((target) => target.replace('lifecycle.', '')))
      .filter((target) => target !== key)
      .map((target) => `${key} ${target}`),
  );
  expect(arrows.toSorted()).toEqual([...new Set(own)].toSorted());
});

it('the page has the sections that it promises', () => {
  expect(sections.size).toBeGreaterThan(8);
});

function isTitle(text: string): boolean {
  return titles.some((title) => title.test(text));
}
