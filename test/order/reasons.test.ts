import { describe, expect, it } from 'vitest';
import type { ChartNode } from '../../src/chart/index.ts';
import { compileOrderChart } from '../../src/order/lifecycle/chart.ts';
import { reasonOf } from '../../src/order/lifecycle/reasons.ts';
import { createOrderHarness } from '../../src/testing/harness.ts';
import { place } from './commands.ts';
import { disputeReasons } from './refusals/disputes.ts';
import { reasons } from './refusals/reasons.ts';
import { refuse } from './refusals/row.ts';

const rows = [...reasons, ...disputeReasons];

describe('a guard of the chart refuses', () => {
  it.each(rows.map((row) => [row.of, row] as const))('%s', (_, row) => {
    expect(refuse(row)).toStrictEqual(row.rejection);
  });
});

describe('the catalogue of reasons', () => {
  const guardsOf = ({ transitions, children }: ChartNode): string[] => [
    ...transitions
      .filter(({ trigger, event }) => trigger === 'event' && !event.startsWith('fact.'))
      .flatMap(({ guard = '' }) => guard.match(/\w+/g) ?? []),
    ...children.flatMap(guardsOf),
  ];
  const guards = new Set(guardsOf(compileOrderChart([], 1000).chart.root));
  // Decides only where a cancellation leads to; a request that it does not let through is asked again.
  guards.delete('cancelsEverything');

  it('has a row for every guard that a request asks', () => {
    expect(new Set(rows.map(({ rejection }) => rejection.guard))).toEqual(guards);
  });

  it('a guard without a reason is named', () => {
    const harness = createOrderHarness();
    harness.execute(place());
    const order = harness.state?.order;
    if (order === undefined) throw new Error('there is no order');
    expect(reasonOf('hostSaysYes', order)).toEqual({
      message: 'The requirement "hostSaysYes" is not met.',
      figures: {},
    });
  });
});

it('the chart remembers as much as it is told to', () => {
  expect(compileOrderChart([], 1234).chart.stats().maximumEntries).toBe(1234);
});
