import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertEvent } from 'xstate';
import { EventClasses, matchesDescriptor } from '../../src/chart/descriptors.ts';

describe('event descriptors', () => {
  const token = fc.constantFrom('a', 'b', '*', '');
  const dotted = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'));

  it('match as they do for XState', () => {
    fc.assert(
      fc.property(dotted, dotted, (type, descriptor) => {
        // XState warns of descriptors such as `a.*.b` on the console before it does not match them.
        fc.pre(!/\*./.test(descriptor));
        expect(matchesDescriptor(type, descriptor)).toBe(matchesForXstate(type, descriptor));
      }),
      { numRuns: 1000 },
    );
  });

  function matchesForXstate(type: string, descriptor: string): boolean {
    try {
      assertEvent({ type }, descriptor as never);
      return true;
    } catch {
      return false;
    }
  }

  it('do not match anything but themselves with a star in the middle', () => {
    expect(matchesDescriptor('a.b.c', 'a.*.*')).toBe(false);
    expect(matchesDescriptor('a.*.c', 'a.*.*')).toBe(false);
    expect(matchesDescriptor('a.*.*', 'a.*.*')).toBe(true);
  });
});

describe('classes of event types', () => {
  it('hold the types that the same descriptors match', () => {
    const classes = new EventClasses(['go', 'fact.*', 'fact.paid', '*']);
    expect(classes.of('fact.one')).toBe(classes.of('fact.two.three'));
    expect(classes.of('fact.paid')).not.toBe(classes.of('fact.one'));
    expect(classes.of('unknown')).toBe(classes.of('unheard of'));
    expect([...classes.of('fact.paid').descriptors]).toEqual(['fact.*', 'fact.paid', '*']);
  });

  it('are as few as the chart needs, however many types are made up', () => {
    const classes = new EventClasses(['fact.*']);
    const indexes = new Set<number>();
    for (let count = 0; count < 10_000; count += 1) {
      indexes.add(classes.of(`fact.${count}`).index);
      indexes.add(classes.of(`made.up.${count}`).index);
    }
    expect([...indexes]).toEqual([0, 1]);
  });
});
