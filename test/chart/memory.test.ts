import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { type ChartValue, learnChart } from '../../src/chart/index.ts';
import { learnShop, newShop, paidShop, pending, told } from './shop-chart.ts';

/** A ring of `size` states; every step asks a guard for each of `guards` bits of the context. */
function ring(size: number, guards: number) {
  const names = Array.from({ length: guards }, (_, index) => `bit${index}`);
  const states = Object.fromEntries(
    Array.from({ length: size }, (_, index) => {
      const next = `s${(index + 1) % size}`;
      const go = [...names.map((guard) => ({ guard, target: next })), { target: next }];
      return [`s${index}`, { on: { go } }];
    }),
  );
  const answers = names.map((name, index) => {
    const guard = ({ context }: { context: number }) => ((context >> index) & 1) === 1;
    return [name, guard];
  });
  return createMachine({ initial: 's0', states }, { guards: Object.fromEntries(answers) as never });
}

describe('the memory of a chart', () => {
  it('counts questions and outcomes', () => {
    const chart = learnShop();
    chart.step(pending, told, newShop);
    // paid? no, for the lifecycle; the payment region asks the same again and is not asked twice.
    expect(chart.stats()).toMatchObject({ entries: 2, trees: 1 });
    chart.step(pending, told, paidShop);
    expect(chart.stats().trees).toBe(1);
  });

  it('never holds more than it may, and goes on answering', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.nat(63), { minLength: 1, maxLength: 300, size: 'max' }),
        (maximumEntries, contexts) => {
          const chart = learnChart<number>(ring(7, 6), { maximumEntries });
          let value: ChartValue = 's0';
          for (const [index, context] of contexts.entries()) {
            const step = chart.step(value, { type: 'go' }, context);
            expect(step.value).toBe(`s${(index + 1) % 7}`);
            expect(chart.stats().entries).toBeLessThanOrEqual(maximumEntries);
            value = step.value;
          }
          const { hits, misses } = chart.stats();
          expect(hits + misses).toBe(contexts.length);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('counts right after many trees were forgotten', () => {
    const chart = learnChart<number>(ring(50, 5), { maximumEntries: 30 });
    let value: ChartValue = 's0';
    for (let count = 0; count < 2000; count += 1) {
      value = chart.step(value, { type: 'go' }, count * 7).value;
    }
    const { entries, trees, evictions } = chart.stats();
    expect(evictions).toBeGreaterThan(100);
    expect(entries).toBeLessThanOrEqual(30);
    expect(trees).toBeLessThanOrEqual(entries);
    expect(trees).toBeGreaterThan(0);
  });

  it('forgets what was not used lately before what was', () => {
    const chart = learnChart<number>(ring(10, 0), { maximumEntries: 5 });
    const go = (state: number) => chart.step(`s${state}`, { type: 'go' }, 0);
    for (let round = 0; round < 20; round += 1) {
      for (let other = 1; other < 10; other += 1) {
        go(0);
        go(other);
      }
    }
    // All but the first use of state 0; the others come round too late.
    expect(chart.stats().hits).toBe(20 * 9 - 1);
  });

  it('does not keep a trail that is longer than itself', () => {
    const chart = learnChart<number>(ring(3, 6), { maximumEntries: 3 });
    expect(chart.step('s0', { type: 'go' }, 0).value).toBe('s1');
    expect(chart.stats()).toMatchObject({ entries: 0, trees: 0, evictions: 0 });
  });
});
