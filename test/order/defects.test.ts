import { describe, expect, it } from 'vitest';
import { emit } from 'xstate';
import { z } from 'zod';
import { defineExtension } from '../../src/order/extension.ts';
import { addAmounts } from '../../src/order/money.ts';
import type { Order } from '../../src/order/order.ts';
import { applyFacts } from '../../src/rules/apply.ts';
import type { OrderState } from '../../src/rules/index.ts';
import type { Rulebook } from '../../src/rules/rulebook.ts';
import { createOrderHarness, type HarnessOptions } from '../../src/testing/harness.ts';
import { thrownBy } from '../chart/refusals.ts';
import { place, sold } from './commands.ts';

// What people read when the rules, a store or an extension contradicts itself.

const hold = { type: 'order.hold', reason: 'fraud' };

function stateOf(options: HarnessOptions = {}, ...commands: readonly object[]): OrderState {
  const harness = createOrderHarness(options);
  for (const command of [place(), ...commands]) harness.execute(command);
  if (harness.state === undefined) throw new Error('there is no order');
  return harness.state;
}

describe('a stored order that this engine does not know is refused', () => {
  const { rules } = createOrderHarness();
  const { order, status } = stateOf();
  const fact = { ...{ tenantId: 'test', orderId: 'order-1' }, occurredAt: 0, recordedAt: 0 };

  it('by a status of another chart', () => {
    expect(rules.checkStatus(status)).toBeUndefined();
    const other = { ...status, host: 'open' };
    const error = thrownBy(() => rules.checkStatus(other));
    expect(error).toMatchObject({
      code: 'chartIncompatible',
      message:
        'The chart order@1 does not know the status of a stored order: add the extension that the ' +
        'order was stored with, or migrate the order.',
      cause: { code: 'chartDefect' },
    });
    expect(error).toHaveProperty('details', { status: other });
  });

  it('by an event of an extension that is missing', () => {
    const error = thrownBy(() => rules.replay(order, { ...fact, type: 'host.done', data: {} }));
    expect(error).toMatchObject({
      code: 'chartIncompatible',
      message:
        'Order order-1 has an event host.done that no extension of this engine knows: add the ' +
        'extension that records it.',
    });
    expect(error).toHaveProperty('details', { orderId: 'order-1', type: 'host.done' });
  });

  it('by a history without its beginning', () => {
    const error = thrownBy(() =>
      rules.replay(undefined, { ...fact, type: 'order.held', data: {} }),
    );
    expect(error).toMatchObject({
      code: 'domainDefect',
      message: 'The history of order order-1 begins with order.held instead of order.placed.',
    });
    expect(error).toHaveProperty('details', { orderId: 'order-1', type: 'order.held' });
  });
});

describe('a defect is told, and nothing is recorded', () => {
  it.each([
    ['a total that is not the sum', (order: Order) => ({ ...order, total: 1 }), ['M5']],
    [
      'a total, and an order that is undone',
      (order: Order) => ({
        ...order,
        total: 1,
        lines: order.lines.map((line) => ({ ...line, cancelled: 1 })),
      }),
      ['M5', 'L4'],
    ],
  ])('%s', (_, change, laws) => {
    const state = stateOf();
    const harness = createOrderHarness({ state: { ...state, order: change(state.order) } });
    const error = thrownBy(() => harness.execute({ type: 'order.annotate', metadata: { a: 1 } }));
    expect(error).toMatchObject({
      code: 'domainDefect',
      message: `Defect: order order-1 would break ${laws.join(', ')}; nothing was written.`,
    });
    expect(error).toHaveProperty('details', { orderId: 'order-1', laws });
    expect(harness.events).toEqual([]);
  });

  it('amounts that add up to more than numbers can say', () => {
    const most = Number.MAX_SAFE_INTEGER;
    expect(addAmounts(most - 1, 1)).toBe(most);
    expect(thrownBy(() => addAmounts(most, 1))).toMatchObject({
      code: 'domainDefect',
      message:
        'Defect: amounts add up to more than 9007199254740991 minor units; nothing was written.',
    });
  });

  it('an order that nothing places', () => {
    const nothing = { state: undefined, step: undefined, facts: [], origin: 'timer' } as const;
    const environment = { tenantId: 'test', orderId: 'order-1', now: 0, newId: () => 'id' };
    const error = thrownBy(() => applyFacts({} as Rulebook, nothing, environment));
    expect(error).toMatchObject({ code: 'domainDefect', message: 'Order order-1 was not placed.' });
    expect(error).toHaveProperty('details', { orderId: 'order-1' });
  });
});

describe('a region of an extension that', () => {
  const again = { actions: emit({ type: 'host.pinged' }) };
  const on = {
    'host.ping': again,
    'fact.host.pinged': again,
    'host.move': 'moved',
    'host.stay': {},
  };
  const nothing = z.strictObject({});
  const host = defineExtension({
    name: 'host',
    data: {},
    events: { 'host.pinged': nothing },
    recipes: { 'host.pinged': () => {} },
    requests: { 'host.ping': nothing, 'host.move': nothing, 'host.stay': nothing },
    decide: { 'host.ping': () => [], 'host.move': () => [], 'host.stay': () => [] },
    regions: { host: { initial: 'open', states: { open: { on }, moved: {} } } },
  });
  const options = { extensions: [host] };

  it('emits what makes it emit again is a defect, not an endless loop', () => {
    const harness = createOrderHarness({ ...options, state: stateOf(options) });
    const error = thrownBy(() => harness.execute({ type: 'host.ping' }));
    expect(error).toMatchObject({
      code: 'domainDefect',
      message:
        'Defect: the facts of order order-1 cause each other without end; nothing was written.',
    });
    expect(error).toHaveProperty('details', { orderId: 'order-1' });
  });

  it('moves without an event is refused: a replay would not move', () => {
    const harness = createOrderHarness({ ...options, state: stateOf(options) });
    const error = thrownBy(() => harness.execute({ type: 'host.move' }));
    expect(error).toMatchObject({
      code: 'invalidExtension',
      message:
        'A command or timer moved the chart of order order-1 without an event: emit one on that ' +
        'transition, or return a fact.',
    });
    expect(error).toHaveProperty('details', { orderId: 'order-1' });
  });

  it('stays as it was loaded from a store records nothing', () => {
    const state = stateOf(options, hold, sold(10_000));
    const loaded = { ...state, status: structuredClone(state.status) };
    const harness = createOrderHarness({ ...options, state: loaded });
    expect(harness.execute({ type: 'host.stay' })).toMatchObject({
      status: 'accepted',
      events: [],
    });
    expect(harness.state?.order).toBe(state.order);
  });
});
