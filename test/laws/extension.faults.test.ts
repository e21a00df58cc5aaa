import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { requestTypes } from '../../src/order/commands/commands.ts';
import { defineExtension } from '../../src/order/extension.ts';
import { brokenLaws } from '../../src/order/laws.ts';
import type { OrderStatus } from '../../src/order/lifecycle/status.ts';
import { arbitraryLife } from '../../src/testing/arbitraries.ts';
import { createOrderHarness, type OrderHarness } from '../../src/testing/harness.ts';
import { liveThrough } from '../../src/testing/life.ts';

const runs = Number(process.env['ORDERCHART_LAW_RUNS'] ?? 300);

const states = ['first', 'second', 'third'] as const;
const guarded = requestTypes.filter((type) => type !== 'order.place');
const entered = ['lifecycle.confirmed', 'lifecycle.completed', 'lifecycle.expired', 'hold.held'];

/** A random extension: a region that wanders on facts, timers and requests, and requirements. */
const arbitraryExtension = fc
  .record({
    edges: fc.array(
      fc.record({
        from: fc.constantFrom(...states),
        to: fc.constantFrom(...states),
        on: fc.constantFrom('fact.*', 'fact.payment.*', 'fact.shipment.dispatched', 'host.move'),
        guard: fc.constantFrom('odd', 'many', undefined),
      }),
      { maxLength: 6 },
    ),
    timer: fc.boolean(),
    requires: fc.dictionary(
      fc.constantFrom(...guarded),
      fc.constant(['odd'] as ('odd' | 'many')[]),
    ),
    requiresInto: fc.dictionary(
      fc.constantFrom(...entered.slice(0, 2)),
      fc.constant(['many'] as ('odd' | 'many')[]),
    ),
  })
  .map(({ edges, timer, requires, requiresInto }) =>
    defineExtension({
      name: 'host',
      data: { moves: 0 },
      events: { 'host.moved': z.strictObject({}), 'host.waited': z.strictObject({}) },
      recipes: {
        'host.moved': (data) => {
          data.moves += 1;
        },
        'host.waited': () => {},
      },
      requests: { 'host.move': z.strictObject({}) },
      decide: { 'host.move': () => [{ type: 'host.moved' as const, data: {} }] },
      guards: {
        odd: (_, data) => data.moves % 2 === 1,
        many: (order) => order.payments.length > 1,
      },
      delays: { while: () => 60_000 },
      regions: { wander: region(edges, timer) },
      requires,
      requiresInto,
    }),
  );

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly on: string;
  readonly guard: string | undefined;
}

function region(edges: readonly Edge[], timer: boolean): object {
  const on = (state: string) =>
    Object.fromEntries(
      edges
        .filter(({ from }) => from === state)
        .map(({ on: event, to, guard }) => [event, { target: to, ...(guard && { guard }) }]),
    );
  // A region that always permits its request, as a host's would.
  const withMove = (state: string) => ({ 'host.move': {}, ...on(state) });
  return {
    initial: 'first',
    states: Object.fromEntries(
      states.map((state) => [
        state,
        { on: withMove(state), ...(timer && { after: { while: {} } }) },
      ]),
    ),
  };
}

/** The core's verdict on every request, in the same situation. */
function legal({ rules, state, now }: OrderHarness): readonly string[] {
  if (state === undefined) return [];
  const environment = { tenantId: 'test', orderId: 'order-1', now, newId: () => 'id' };
  return rules
    .explain(state, environment)
    .filter((command) => command.legal && !command.type.startsWith('host.'))
    .map(({ type }) => type);
}

const move = { type: 'host.move' };

describe('extensions narrow, they never widen', () => {
  it('no random extension breaks a law, and every order replays', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(arbitraryExtension, arbitraryLife(), (extension, life) => {
        const harness = createOrderHarness({ extensions: [extension] });
        const steps = life.flatMap((step, index) => (index % 3 === 2 ? [move, step] : [step]));
        liveThrough(harness, steps, () => {
          const { state } = harness;
          if (state === undefined) return;
          expect(harness.rules.brokenLaws(state)).toEqual([]);
          for (const { law, subject } of brokenLaws(state.order)) {
            expect(state.order.discrepancies.open).toContainEqual(
              expect.objectContaining({ law, subject }),
            );
          }
        });
        expect(harness.replayed()).toEqual(harness.state?.order);
        for (const { type } of harness.events) reached.add(type);
      }),
      { numRuns: runs },
    );
    const after = ['order.amended', 'exchange.requested', 'exchange.credited', 'return.sent_back'];
    expect([...reached]).toEqual(expect.arrayContaining(after));
  });

  it('whatever is legal with an extension is legal without it', () => {
    fc.assert(
      fc.property(arbitraryExtension, arbitraryLife(), (extension, life) => {
        const extended = createOrderHarness({ extensions: [extension] });
        liveThrough(extended, life);
        const { state, now } = extended;
        if (state === undefined) return;
        const { wander: _, ...status } = state.status as OrderStatus & { readonly wander: string };
        const core = createOrderHarness({ state: { ...state, status }, startAt: now });
        expect(legal(core)).toEqual(expect.arrayContaining([...legal(extended)]));
      }),
      { numRuns: runs },
    );
  });
});
