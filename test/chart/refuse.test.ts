import { describe, expect, it } from 'vitest';
import {
  type ActionFunction,
  and,
  assign,
  cancel,
  createMachine,
  emit,
  enqueueActions,
  forwardTo,
  fromPromise,
  log,
  not,
  or,
  raise,
  sendParent,
  sendTo,
  spawnChild,
  stopChild,
} from 'xstate';
import { learnChart } from '../../src/chart/index.ts';
import { thrownBy } from './refusals.ts';

/** Learns a chart whose inner state has `part`, and gives what it is refused with. */
function refusal(part: object, implementations: object = {}): unknown {
  const work = { initial: 'inner', states: { inner: part, other: {} } };
  const config = { id: 'm', type: 'parallel', states: { work } };
  const machine = createMachine(config as never, implementations as never);
  return thrownBy(() => learnChart(machine));
}

function refused(reason: string | RegExp, path = 'work.inner', place?: string) {
  const details = expect.objectContaining({
    path,
    reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
    ...(place === undefined ? {} : { place }),
  });
  return expect.objectContaining({ code: 'chartRefused', details });
}

const onlyEmitAndRaise = '(only emit and raise can be learned)';

describe('a chart that cannot be learned is refused by name and path:', () => {
  it.each<[string, unknown]>([
    ['assign', assign({})],
    ['spawnChild', spawnChild('someone')],
    ['stopChild', stopChild('someone')],
    ['sendTo', sendTo('someone', { type: 'x' })],
    ['sendTo', sendParent({ type: 'x' })],
    ['sendTo', forwardTo('someone')],
    ['log', log('x')],
    ['enqueueActions', enqueueActions(() => undefined)],
  ])('action %s', (name, action) => {
    const reason = `action ${name} ${onlyEmitAndRaise}`;
    expect(refusal({ entry: action })).toEqual(refused(reason));
    expect(refusal({ exit: [action] })).toEqual(refused(reason));
    expect(refusal({ on: { go: { actions: action } } })).toEqual(
      refused(reason, 'work.inner', 'on "go"'),
    );
  });

  it('an action on the way to the first state', () => {
    const inner = { initial: { target: 'deep', actions: assign({}) }, states: { deep: {} } };
    expect(refusal(inner)).toEqual(refused(`action assign ${onlyEmitAndRaise}`));
  });

  it('cancel', () => {
    expect(refusal({ entry: cancel('x') })).toEqual(refused('action cancel'));
  });

  it('an inline action', () => {
    const inline: ActionFunction<
      never,
      never,
      never,
      never,
      never,
      never,
      never,
      never,
      never
    > = () => undefined;
    expect(refusal({ entry: inline })).toEqual(refused(`inline action ${onlyEmitAndRaise}`));
  });

  it('a custom action, with and without implementation', () => {
    const reason = `custom action "pay" ${onlyEmitAndRaise}`;
    expect(refusal({ entry: 'pay' })).toEqual(refused(reason));
    expect(refusal({ entry: 'pay' }, { actions: { pay: () => undefined } })).toEqual(
      refused(reason),
    );
    expect(refusal({ entry: { type: 'pay' } })).toEqual(refused(reason));
    expect(refusal({ entry: 'toString' })).toEqual(
      refused(`custom action "toString" ${onlyEmitAndRaise}`),
    );
  });

  it('an action that is none', () => {
    const reason = 'action is neither a name nor built in';
    expect(refusal({ entry: { params: {} } })).toEqual(refused(reason));
  });

  it('a named action that is not emit or raise', () => {
    expect(refusal({ entry: 'count' }, { actions: { count: assign({}) } })).toEqual(
      refused(`action assign ${onlyEmitAndRaise}`),
    );
  });

  it('emit of a computed event, or with more than a type', () => {
    expect(refusal({ entry: emit(() => ({ type: 'x' })) })).toEqual(
      refused('emit of an event that is not fixed'),
    );
    expect(refusal({ entry: emit({ type: 'x', units: 1 } as never) })).toEqual(
      refused('emit of "x" with more than a type'),
    );
  });

  it('raise of a computed, delayed or reserved event', () => {
    expect(refusal({ entry: raise(() => ({ type: 'x' })) })).toEqual(
      refused('raise of an event that is not fixed'),
    );
    const delayed = refused('raise of "x" with a delay (use `after`)');
    expect(refusal({ entry: raise({ type: 'x' }, { delay: 5 }) })).toEqual(delayed);
    expect(refusal({ entry: raise({ type: 'x' }, { delay: () => 5 }) })).toEqual(delayed);
    expect(refusal({ entry: raise({ type: 'xstate.init' }) })).toEqual(
      refused('raise of the reserved event "xstate.init"'),
    );
  });

  it('a delayed raise that passes itself off as a timer', () => {
    const entry = raise({ type: 'x' }, { id: 'xstate.after.5.m.work.inner', delay: 5 });
    expect(refusal({ entry, after: { 5: 'other' } })).toEqual(
      refused('raise of "x" with a delay (use `after`)'),
    );
  });

  it('invoke', () => {
    expect(refusal({ invoke: { src: fromPromise(async () => 1) } })).toEqual(refused('invoke'));
  });

  it('a history state', () => {
    expect(refusal({ type: 'history' })).toEqual(refused('history state'));
  });

  it('a route', () => {
    expect(refusal({ id: 'here', route: {} })).toEqual(refused('route'));
  });

  it('output given by a function', () => {
    const reason = refused('output given by a function');
    expect(refusal({ type: 'final', output: () => 1 })).toEqual(reason);
    expect(refusal({ type: 'final', output: { units: () => 1 } })).toEqual(reason);
    const machine = createMachine({ output: () => 1 });
    expect(thrownBy(() => learnChart(machine))).toEqual(
      refused('output given by a function', '(root)'),
    );
  });

  it('a delay without implementation', () => {
    expect(refusal({ after: { soon: 'other' } })).toEqual(
      refused('delay "soon" has no implementation'),
    );
  });

  it('two timers of the same name', () => {
    const states = {
      'a.b': { after: { 5: {} } },
      a: { initial: 'b', states: { b: { after: { 5: {} } } } },
    };
    const machine = createMachine({ initial: 'a', states });
    expect(thrownBy(() => learnChart(machine))).toEqual(
      refused('timer name "a.b.5" is taken by another state', 'a.b'),
    );
  });

  it.each<[string, object, string]>([
    ['on an event', { on: { go: { guard: () => true } } }, 'on "go"'],
    ['on a delay', { after: { 5: { guard: () => true } } }, 'after 5'],
    ['on an automatic transition', { always: { guard: () => true } }, 'always'],
    ['on completion', { initial: 'x', states: { x: {} }, onDone: { guard: () => true } }, 'done'],
    ['within others', { on: { go: { guard: and(['known', not(or([() => true]))]) } } }, 'on "go"'],
  ])('an inline guard %s', (_where, part, place) => {
    const reason = 'inline guard (give it a name in the implementations)';
    const implementations = { guards: { known: () => true } };
    expect(refusal(part, implementations)).toEqual(refused(reason, 'work.inner', place));
  });

  it('a guard without implementation, also one of a name that every object has', () => {
    expect(refusal({ on: { go: { guard: 'unknown' } } })).toEqual(
      refused('guard "unknown" has no implementation'),
    );
    expect(refusal({ on: { go: { guard: 'constructor' } } })).toEqual(
      refused('guard "constructor" has no implementation'),
    );
    expect(refusal({ on: { go: { guard: not('unknown') } } })).toEqual(
      refused('guard "unknown" has no implementation'),
    );
  });

  it('a guard with computed parameters', () => {
    const guard = { type: 'known', params: () => ({}) };
    expect(refusal({ on: { go: { guard } } }, { guards: { known: () => true } })).toEqual(
      refused('guard "known" has params given by a function'),
    );
  });

  it('a guard with parameters that are no JSON', () => {
    const guard = { type: 'known', params: { units: 2n } };
    expect(refusal({ on: { go: { guard } } }, { guards: { known: () => true } })).toEqual(
      refused('guard "known" has params that are not JSON'),
    );
  });

  it('a guard that is defined by itself', () => {
    const guards = { one: not('two'), two: and(['one']) };
    expect(refusal({ on: { go: { guard: 'one' } } }, { guards })).toEqual(
      refused('guard "one" refers to itself'),
    );
  });

  it('a guard that is none', () => {
    const reason = 'guard is neither a name nor composed of names';
    expect(refusal({ on: { go: { guard: 5 } } })).toEqual(refused(reason));
  });

  it('a guard that is composed in an unknown way', () => {
    const guard = Object.assign(() => true, { check: () => true });
    expect(refusal({ on: { go: { guard } } })).toEqual(
      refused('guard is composed in an unknown way'),
    );
  });
});

it('the message says what, where and why', () => {
  const error = refusal({ on: { go: { guard: 'unknown' } } });
  expect((error as Error).message).toBe(
    'Chart "m" cannot be learned: state "work.inner", on "go": guard "unknown" has no implementation.',
  );
});

it.each([0, -1, 1.5, Number.NaN])('a memory of %s entries is refused', (maximumEntries) => {
  const error = thrownBy(() => learnChart(createMachine({}), { maximumEntries }));
  expect(error).toMatchObject({ code: 'invalidArgument' });
});
