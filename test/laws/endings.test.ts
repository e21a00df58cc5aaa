import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../src/order/figures.ts';
import { orderFigures } from '../../src/order/order-figures.ts';
import { arbitraryLife } from '../../src/testing/arbitraries.ts';
import { createOrderHarness, type OrderHarness } from '../../src/testing/harness.ts';
import { liveThrough } from '../../src/testing/life.ts';
import { answerAll, hasEnded, leadOut } from './way-out.ts';

const { rules } = createOrderHarness();
const runs = Number(process.env['ORDERCHART_LAW_RUNS'] ?? 300);

/** An order after a random life; nothing when none was placed. */
function livedThrough(steps: readonly (object | number)[]): OrderHarness {
  const harness = createOrderHarness({ rules });
  liveThrough(harness, steps);
  return harness;
}

function owed({ state }: OrderHarness): number {
  return state === undefined ? 0 : orderFigures(state.order).owed;
}

/** What a failing run shows beside its life. */
function standing({ state }: OrderHarness): string {
  const { order, status } = state ?? {};
  return JSON.stringify({ status, figures: order && figuresOf(order), order }, null, 1);
}

const day = 86_400_000;

/** Nobody asks for anything: time passes, and the providers answer. */
function timePasses(harness: OrderHarness, rounds = 10): void {
  for (let round = 0; round < rounds; round += 1) {
    answerAll(harness);
    harness.advance(2 * day);
  }
}

/** The life with another policy from its start. */
function withPolicy(steps: readonly (object | number)[], policy: object) {
  const [place, ...rest] = steps as readonly [{ readonly policy: object }, ...(object | number)[]];
  return [{ ...place, policy: { ...place.policy, ...policy } }, ...rest];
}

describe('laws of the whole', () => {
  it('every reachable order can end', () => {
    fc.assert(
      fc.property(arbitraryLife(), (steps) => {
        const harness = livedThrough(steps);
        fc.pre(harness.state !== undefined && !hasEnded(harness));
        if (!leadOut(harness)) throw new Error(`No way out of ${standing(harness)}`);
      }),
      { numRuns: runs },
    );
  });

  it('no debt stays: what is owed is found by its status, and paid back when time passes', () => {
    let reached = 0;
    fc.assert(
      fc.property(arbitraryLife(), (steps) => {
        const harness = livedThrough(withPolicy(steps, { settleCredits: 'auto' }));
        fc.pre(harness.state !== undefined && harness.state.order.archivedAt === null);
        if (owed(harness) > 0) {
          reached += 1;
          expect(harness.state.status.refund).toMatch(/^(due|owed|pending)$/);
        }
        timePasses(harness);
        if (owed(harness) > 0) throw new Error(`What is owed stays: ${standing(harness)}`);
      }),
      { numRuns: runs },
    );
    expect(reached).toBeGreaterThan(runs / 30);
  });
});
