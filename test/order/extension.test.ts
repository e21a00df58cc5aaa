import { describe, expect, it } from 'vitest';
import { emit } from 'xstate';
import { z } from 'zod';
import { defineExtension, type Extension } from '../../src/order/extension.ts';
import { orderSpecification } from '../../src/testing/specification.ts';
import { authorized, capture, line, place } from './commands.ts';

const minimal = {
  name: 'host',
  data: {},
  events: {},
  recipes: {},
  decide: {},
};

const fraud = defineExtension({
  name: 'fraud',
  data: { verdict: 'open' },
  events: {
    'fraud.cleared': z.strictObject({ by: z.string() }),
    'fraud.scored': z.strictObject({ score: z.int() }),
  },
  recipes: {
    'fraud.cleared': (data) => {
      data.verdict = 'cleared';
    },
    'fraud.scored': (data, { score }) => {
      data.verdict = score > 80 ? 'suspect' : data.verdict;
    },
  },
  requests: { 'fraud.clear': z.strictObject({ by: z.string() }) },
  reports: { 'fraud.score': z.strictObject({ score: z.int() }) },
  decide: {
    'fraud.clear': ({ by }, { data, refuse }) =>
      data.verdict === 'cleared'
        ? refuse('cleared already')
        : [{ type: 'fraud.cleared', data: { by } }],
    'fraud.score': ({ score }) => [{ type: 'fraud.scored', data: { score } }],
  },
  guards: { fraudCleared: (_, data) => data.verdict === 'cleared' },
  regions: {
    fraud: {
      initial: 'open',
      states: { open: { on: { 'fraud.clear': {}, 'fact.fraud.cleared': 'cleared' } }, cleared: {} },
    },
  },
  requires: { 'payment.capture': ['fraudCleared'], 'shipment.dispatch': ['fraudCleared'] },
});

const { given } = orderSpecification({ extensions: [fraud] });
const clear = { type: 'fraud.clear', by: 'staff' };

function compile(definition: object): void {
  orderSpecification({ extensions: [{ definition } as unknown as Extension] }).given();
}

describe('an extension', () => {
  it('holds a core request back until its own guard is met', () => {
    given(place(), authorized(10_000))
      .when(capture(10_000))
      .thenRejected('guardRefused', { guard: 'fraudCleared' });
    given(place(), authorized(10_000), clear)
      .when(capture(10_000))
      .thenEvents('payment.capture_requested');
  });

  it('records its own events, changes its own data and moves its own region', () => {
    given(place())
      .when(clear)
      .thenEvents('fraud.cleared')
      .thenStatus({ fraud: 'cleared', lifecycle: 'pending' })
      .thenOrder(({ extensions }) => expect(extensions['fraud']).toEqual({ verdict: 'cleared' }));
  });

  it('refuses by its own rules, and by the chart where its region has no transition', () => {
    given(place(), clear).when(clear).thenRejected('notInThisState');
  });

  it('takes reports without asking the chart', () => {
    const report = { type: 'fraud.score', score: 90, source: 'scores', reportId: 'r1' };
    given(place())
      .when(report)
      .thenEvents('fraud.scored')
      .thenOrder(({ extensions }) => expect(extensions['fraud']).toEqual({ verdict: 'suspect' }));
  });

  it('does not let wrong names or payloads compile', () => {
    defineExtension({
      ...minimal,
      events: { 'host.done': z.strictObject({ count: z.int() }) },
      recipes: { 'host.done': () => {} },
      requests: { 'host.do': z.strictObject({}) },
      decide: {
        // @ts-expect-error: the event does not exist
        'host.do': () => [{ type: 'host.undone', data: { count: 1 } }],
      },
    });
    defineExtension({
      ...minimal,
      events: { 'host.done': z.strictObject({ count: z.int() }) },
      recipes: { 'host.done': () => {} },
      requests: { 'host.do': z.strictObject({}) },
      decide: {
        // @ts-expect-error: the payload is another
        'host.do': () => [{ type: 'host.done', data: { count: 'one' } }],
      },
    });
    // @ts-expect-error: the core has no such request to narrow
    defineExtension({ ...minimal, requires: { 'payment.steal': [] } });
  });
});

describe('what an extension answers', () => {
  it('a guard that is a promise is refused, not taken for a yes', () => {
    const slow = defineExtension({
      ...minimal,
      guards: { sure: (async () => false) as unknown as () => boolean },
      requires: { 'order.hold': ['sure'] },
    });
    const wrong = orderSpecification({ extensions: [slow] });
    const hold = { type: 'order.hold', reason: 'r' };
    expect(() => wrong.given(place()).when(hold)).toThrow(/synchronous/);
  });

  it('a decision that is a promise is refused', () => {
    const slow = defineExtension({
      ...minimal,
      reports: { 'host.tell': z.strictObject({}) },
      decide: { 'host.tell': (async () => []) as unknown as () => [] },
    });
    const wrong = orderSpecification({ extensions: [slow] });
    const tell = { type: 'host.tell', source: 's', reportId: 'r' };
    expect(() => wrong.given(place()).when(tell)).toThrow(/synchronous/);
  });

  it.each([null, 'x', [], {}, { ...minimal, data: null }, { ...minimal, requires: { a: 'b' } }])(
    'a definition of the wrong shape is told by name: %j',
    (definition) => {
      expect(() => defineExtension(definition as never)).toThrow(/defineExtension/);
    },
  );
});

describe('an extension is refused, by name and reason', () => {
  const base = { ...minimal, requests: {}, reports: {}, guards: {}, delays: {}, regions: {} };
  const rest = { requires: {}, requiresInto: {} };
  const region = (on: object) => ({ initial: 'a', states: { a: { on } } });

  it.each([
    ['a name that cannot be a key', { name: '__proto__' }, /name/],
    ['a region of the core', { regions: { payment: region({}) } }, /payment/],
    ['a guard of the core', { guards: { holdClear: () => true } }, /holdClear/],
    ['a requirement nobody defines', { requires: { 'order.cancel': ['none'] } }, /none/],
    [
      'a region that would make a core request legal',
      { regions: { host: region({ 'shipment.dispatch': {} }) } },
      /shipment\.dispatch/,
    ],
    ['a region that hears everything', { regions: { host: region({ '*': {} }) } }, /\*/],
    ['an event of the core', { events: { 'order.placed': z.strictObject({}) } }, /order\.placed/],
    ['a request of the core', { requests: { 'order.place': z.strictObject({}) } }, /order\.place/],
    ['an event without a recipe', { events: { 'host.done': z.strictObject({}) } }, /recipe/],
    ['a request nobody decides', { requests: { 'host.do': z.strictObject({}) } }, /decides/],
  ])('%s', (_, part, message) => {
    expect(() => compile({ ...base, ...rest, ...part })).toThrow(message);
  });

  it('a fact that its own schemas do not describe is a clear error, and nothing is recorded', () => {
    const broken = defineExtension({
      ...minimal,
      events: { 'host.done': z.strictObject({ count: z.int() }) },
      recipes: { 'host.done': () => {} },
      requests: { 'host.do': z.strictObject({}) },
      decide: { 'host.do': () => [{ type: 'host.done', data: { count: 0.5 } }] },
      regions: { host: region({ 'host.do': {} }) },
    });
    const wrong = orderSpecification({ extensions: [broken] });
    const order = place({ lines: [line('a', 1, 1)] });
    expect(() => wrong.given(order).when({ type: 'host.do' })).toThrow(/host\.done/);
  });

  it.each([
    ['of the core', 'payment.captured', {}],
    ['that nobody defines', 'host.done', {}],
    ['whose schema wants data', 'host.done', { 'host.done': z.strictObject({ by: z.string() }) }],
  ])('a region that emits an event %s', (_, type, events) => {
    const states = { a: { on: { 'host.do': 'b' } }, b: { entry: emit({ type }) } };
    const definition = {
      ...base,
      ...rest,
      events,
      recipes: { 'host.done': () => {} },
      requests: { 'host.do': z.strictObject({}) },
      decide: { 'host.do': () => [] },
      regions: { host: { initial: 'a', states } },
    };
    expect(() => compile(definition)).toThrow(/emits/);
  });

  it.each([
    ['is no JSON', z.strictObject({ at: z.date() }), { at: new Date(0) }],
    ['is not a number that JSON can say', z.strictObject({ at: z.nan() }), { at: Number.NaN }],
    [
      'its own schema would refuse when it is read again',
      z.strictObject({ at: z.string().transform(Number) }),
      { at: '1' },
    ],
  ])('a fact that %s is refused, and nothing is recorded', (_, schema, data) => {
    const broken = defineExtension({
      ...minimal,
      events: { 'host.done': schema },
      recipes: { 'host.done': () => {} },
      reports: { 'host.tell': z.strictObject({}) },
      decide: { 'host.tell': () => [{ type: 'host.done', data }] as never },
    });
    const wrong = orderSpecification({ extensions: [broken] });
    const tell = { type: 'host.tell', source: 's', reportId: 'r' };
    expect(() => wrong.given(place()).when(tell)).toThrow(/host\.done/);
  });

  it.each([undefined, null, -1, 0.5])('a delay that returns %s is refused', (delayMs) => {
    const states = { open: { after: { patience: 'late' } }, late: {} };
    const broken = defineExtension({
      ...minimal,
      delays: { patience: () => delayMs as never },
      regions: { host: { initial: 'open', states } },
    });
    const wrong = orderSpecification({ extensions: [broken] });
    expect(() => wrong.given(place())).toThrow(/delay "patience"/);
  });

  it('data that a recipe makes of it and JSON cannot say are refused', () => {
    const broken = defineExtension({
      ...minimal,
      data: { at: 0 },
      events: { 'host.done': z.strictObject({}) },
      recipes: {
        'host.done': (data) => {
          data.at = Number.NaN;
        },
      },
      reports: { 'host.tell': z.strictObject({}) },
      decide: { 'host.tell': () => [{ type: 'host.done', data: {} }] },
    });
    const wrong = orderSpecification({ extensions: [broken] });
    const tell = { type: 'host.tell', source: 's', reportId: 'r' };
    expect(() => wrong.given(place()).when(tell)).toThrow(/recipe of host\.done/);
  });
});
