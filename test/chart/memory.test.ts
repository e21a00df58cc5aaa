import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { type ChartValue, learnChart } from '../../src/chart/index.ts';

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
    const chart = learnChart<number>(ring(3, 2));
    const entriesAfter = (context: number, value = 's0') => {
      chart.step(value, { type: 'go' }, context);
      return chart.stats().entries;
    };
    // Two questions answered no, and where that leads.
    expect(entriesAfter(0b00)).toBe(3);
    expect(entriesAfter(0b01)).toBe(4);
    expect(entriesAfter(0b10)).toBe(5);
    expect(entriesAfter(0b11)).toBe(5);
    expect(chart.stats().trees).toBe(1);
    expect(entriesAfter(0b11, 's1')).toBe(7);
    expect(chart.stats().trees).toBe(2);
  });

  it('is free of what it forgot', () => {
    const chart = learnChart<number>(ring(3, 2), { maximumEntries: 5 });
    for (const context of [0b00, 0b01, 0b10]) chart.step('s0', { type: 'go' }, context);
    expect(chart.stats()).toMatchObject({ entries: 5, trees: 1, evictions: 0 });
    chart.step('s1', { type: 'go' }, 0b01);
    expect(chart.stats()).toMatchObject({ entries: 2, trees: 1, evictions: 1 });
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

  it('lets go of values that nobody holds', async () => {
    const region = ring(20, 0).config;
    const states = { a: region, b: region, c: region };
    const chart = learnChart<number>(createMachine({ type: 'parallel', states } as never), {
      maximumEntries: 10,
    });
    const statesAt = (index: number) => ({
      a: `s${index % 20}`,
      b: `s${Math.floor(index / 20) % 20}`,
      c: `s${Math.floor(index / 400)}`,
    });
    const held = chart.resolve(statesAt(1234));
    for (let index = 0; index < 8000; index += 1) {
      chart.step(statesAt(index), { type: 'go' }, 0);
    }
    // Finalizers run between turns of the event loop, when the collector gets to them.
    for (let turn = 0; turn < 1000 && chart.stats().values >= 50; turn += 1) {
      collectGarbage();
      await setImmediate();
    }
    expect(chart.stats().values).toBeLessThan(50);
    expect(chart.resolve(statesAt(1234))).toBe(held);
  });
});

/** A full garbage collection. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}
