import { describe, expect, it } from 'vitest';
import { and, createMachine, emit, not, or } from 'xstate';
import { learnChart, toMermaid } from '../../src/chart/index.ts';
import { learnShop } from './shop-chart.ts';

/** Draws the states of a chart whose guards are all known. */
function drawn(config: object): string[] {
  const guards = { a: () => true, b: () => true, c: () => true };
  const machine = createMachine(config as never, { guards, delays: { soon: 1 } } as never);
  return toMermaid(learnChart(machine))
    .split('\n')
    .slice(1, -1)
    .map((line) => line.slice(2));
}

describe('a drawn chart', () => {
  it('is a Mermaid state diagram with one composite state for each region', async () => {
    await expect(toMermaid(learnShop())).toMatchFileSnapshot('shop-chart.mmd');
  });

  it('shows guards composed as they are read', () => {
    const guard = and(['a', not(or(['b', and(['c', 'a'])]))]);
    const lines = drawn({
      initial: 'x',
      states: { x: { on: { go: { guard, target: 'y' } } }, y: {} },
    });
    expect(lines).toContain('x --> y : go [a & !(b | (c & a))]');
  });

  it('reads composed guards whatever a minifier calls them', () => {
    const guard = Object.defineProperty(or(['a', not('b')]), 'name', { value: 'e' });
    const states = { x: { on: { go: { guard, target: 'y' } } }, y: {} };
    expect(drawn({ initial: 'x', states })).toContain('x --> y : go [a | !b]');
  });

  it('merges the arrows between two states, in the order in which they are tried', () => {
    const on = {
      go: [{ guard: 'a', target: 'y' }, { guard: 'b', target: 'z' }, { target: 'y' }],
      come: { target: 'y', actions: [emit({ type: 'came' }), emit({ type: 'seen' })] },
    };
    const states = {
      x: { on, after: { soon: 'y', 5: { guard: 'c', target: 'y' } } },
      y: {},
      z: {},
    };
    expect(drawn({ initial: 'x', states })).toContain(
      'x --> y : go [a]<br/>go [else]<br/>come / came, seen<br/>after 5 [c]<br/>after soon',
    );
  });

  it('writes into a state what it allows without being left', () => {
    const states = {
      x: {
        entry: emit({ type: 'entered' }),
        exit: emit({ type: 'left' }),
        on: { stay: {}, maybe: { guard: 'a' }, never: undefined },
      },
    };
    expect(drawn({ initial: 'x', states })).toEqual([
      'state "x" as x',
      'x : entry / entered',
      'x : exit / left',
      'x : stay',
      'x : maybe [a]',
      'x : not never',
      '[*] --> x',
    ]);
  });

  it('draws sub-states, ends, completion and automatic moves', () => {
    const states = {
      work: {
        initial: 'first',
        states: { first: { always: { guard: 'a', target: 'last' } }, last: { type: 'final' } },
        onDone: 'rest',
      },
      rest: {},
    };
    expect(drawn({ initial: 'work', states })).toEqual([
      'state "work" as work {',
      '  state "first" as work_first',
      '  state "last" as work_last',
      '  [*] --> work_first',
      '  work_last --> [*]',
      '  work_first --> work_last : always [a]',
      '}',
      'state "rest" as rest',
      '[*] --> work',
      'work --> rest : done',
    ]);
  });

  it('starts at "any state" what leads from a composite state into itself', () => {
    const states = { x: {}, y: {} };
    const on = { reset: '.x', ping: {} };
    expect(drawn({ initial: 'x', states, on })).toEqual([
      'state "any state" as root_any',
      'root_any : ping',
      'state "x" as x',
      'state "y" as y',
      '[*] --> x',
      'root_any --> x : reset',
    ]);
  });

  it('divides regions that lie within a state', () => {
    const both = { type: 'parallel', states: { left: {}, right: {} } };
    expect(drawn({ initial: 'both', states: { both } })).toEqual([
      'state "both" as both {',
      '  state "left" as both_left',
      '  --',
      '  state "right" as both_right',
      '}',
      '[*] --> both',
    ]);
  });

  it('keeps clear of the words and marks of Mermaid', () => {
    const on = {
      'a:b;c': { guard: { type: 'a', params: { units: 2, of: 'all' } }, target: 'x-y' },
    };
    const lines = drawn({ initial: 'end', states: { end: { on }, 'x-y': {}, x_y: {} } });
    expect(lines).toEqual([
      'state "end" as end_2',
      'state "x-y" as x_y',
      'state "x_y" as x_y_2',
      '[*] --> end_2',
      'end_2 --> x_y : a#58;b#59;c [a(units=2, of=#34;all#34;)]',
    ]);
  });
});
