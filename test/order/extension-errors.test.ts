import { describe, expect, it } from 'vitest';
import { emit } from 'xstate';
import { z } from 'zod';
import { defineExtension, type Extension } from '../../src/order/extension.ts';
import { createOrderHarness } from '../../src/testing/harness.ts';
import { thrownBy } from '../chart/refusals.ts';
import { place } from './commands.ts';

// What people read when an extension contradicts itself: where, and what to do.

const minimal = { name: 'host', data: {}, events: {}, recipes: {}, decide: {} };
const nothing = z.strictObject({});

/** An extension as a host without types could write it. */
const untyped = (fields: object) =>
  defineExtension({ ...minimal, ...fields } as never) as Extension;

/** What is wrong, the definition, the part that is named, and what it must be. */
type Shape = readonly [string, unknown, string, string];

describe('a definition of the wrong shape is refused', () => {
  const { data, events, recipes, decide, name } = minimal;

  it.each<Shape>([
    ['nothing', undefined, 'the definition', 'an object'],
    ['null', null, 'the definition', 'an object'],
    ['a list', [], 'the definition', 'an object'],
    ['no name', { data, events, recipes, decide }, 'name', 'a string'],
    ['no data', { name, events, recipes, decide }, 'data', 'present: pass {} if it is empty'],
    ['no events', { name, data, recipes, decide }, 'events', 'present: pass {} if it is empty'],
    ['no recipes', { name, data, events, decide }, 'recipes', 'present: pass {} if it is empty'],
    ['no decide', { name, data, events, recipes }, 'decide', 'present: pass {} if it is empty'],
    ...['data', 'events', 'recipes', 'decide', 'requests', 'reports', 'guards', 'delays'].map(
      (part): Shape => [`${part} is text`, { ...minimal, [part]: 'text' }, part, 'an object'],
    ),
    ...['regions', 'requires', 'requiresInto'].map(
      (part): Shape => [`${part} is a list`, { ...minimal, [part]: [] }, part, 'an object'],
    ),
    ...['requires', 'requiresInto'].map(
      (part): Shape => [
        `${part} lists no guards`,
        { ...minimal, [part]: { 'order.hold': ['guard'], 'order.cancel': 'guard' } },
        part,
        'lists of guard names',
      ],
    ),
  ])('%s', (_, definition, part, expected) => {
    const error = thrownBy(() => defineExtension(definition as never));
    expect(error).toMatchObject({
      code: 'invalidExtension',
      message: `defineExtension: ${part} must be ${expected}.`,
    });
    expect(error).toHaveProperty('details', { part });
  });

  it('everything but the name, the data, the events and the decisions may be left out', () => {
    expect(defineExtension(minimal).definition).toEqual({
      ...minimal,
      ...{ requests: {}, reports: {}, guards: {}, delays: {}, regions: {} },
      ...{ requires: {}, requiresInto: {} },
    });
  });
});

describe('a name that does not fit is refused', () => {
  const named = 'its name must be a lowercase letter and up to 63 letters, digits and dashes';
  const noVerb = (type: string) => `command "${type}" must be named family.verb`;
  const noPast = (type: string) => `event "${type}" must be named family.past_tense`;

  it.each([
    ['of a prototype', { name: '__proto__' }, named],
    ['too long', { name: 'a'.repeat(65) }, named],
    ['with a capital', { name: 'Host' }, named],
    ['of a request without a verb', { requests: { host: nothing } }, noVerb('host')],
    ['of a request of two words', { requests: { 'my host.do': nothing } }, noVerb('my host.do')],
    ['of a request of three parts', { requests: { 'host.do.it': nothing } }, noVerb('host.do.it')],
    ['of a report without a verb', { reports: { host: nothing } }, noVerb('host')],
    [
      'a request of the core',
      { requests: { 'order.cancel': nothing } },
      'command "order.cancel" already exists',
    ],
    [
      'a report of the core',
      { reports: { 'payment.report': nothing } },
      'command "payment.report" already exists',
    ],
    [
      'a request that nobody decides',
      { requests: { 'host.do': nothing } },
      'nothing decides "host.do": add it to decide',
    ],
    [
      'a report that nobody decides',
      { reports: { 'host.do': nothing } },
      'nothing decides "host.do": add it to decide',
    ],
    ['of an event without a past', { events: { host: nothing } }, noPast('host')],
    [
      'of an event of three parts',
      { events: { 'host.was.done': nothing } },
      noPast('host.was.done'),
    ],
    [
      'an event of the core',
      { events: { 'order.placed': nothing } },
      'event "order.placed" already exists',
    ],
    [
      'an event without a recipe',
      { events: { 'host.done': nothing } },
      '"host.done" has no recipe: add it to recipes',
    ],
  ])('%s', (_, fields, reason) => {
    const extension = { ...minimal, ...fields }.name;
    const error = thrownBy(() => createOrderHarness({ extensions: [untyped(fields)] }));
    expect(error).toMatchObject({
      code: 'invalidExtension',
      message: `Extension "${extension}": ${reason}.`,
    });
    expect(error).toHaveProperty('details', { extension, reason });
  });

  it('twice', () => {
    const reason = 'another extension has the same name';
    const extensions = [untyped({}), untyped({})];
    expect(thrownBy(() => createOrderHarness({ extensions }))).toMatchObject({
      message: `Extension "host": ${reason}.`,
      details: { extension: 'host', reason },
    });
  });

  it('of an event, twice', () => {
    const fields = { events: { 'host.done': nothing }, recipes: { 'host.done': () => {} } };
    const extensions = [untyped(fields), untyped({ ...fields, name: 'other' })];
    expect(thrownBy(() => createOrderHarness({ extensions }))).toMatchObject({
      message: 'Extension "other": event "host.done" already exists.',
    });
  });
});

describe('an extension that answers wrongly is refused', () => {
  const ask = { type: 'host.ask' };
  const tell = { type: 'host.tell', source: 's', reportId: 'r' };
  const on = { 'host.ask': {} };
  const asking = {
    requests: { 'host.ask': nothing },
    regions: { host: { initial: 'open', states: { open: { on } } } },
  };
  const done = {
    data: { at: 0 },
    events: { 'host.done': z.strictObject({ at: z.number().optional() }) },
    recipes: {
      'host.done': (data: { at: number }) => {
        data.at = Number.NaN;
      },
    },
    reports: { 'host.tell': nothing },
  };
  const telling = (facts: unknown) => ({ ...done, decide: { 'host.tell': () => facts } });

  const pending = () => Promise.reject(new Error('nobody sees it'));
  const notFacts = (type: string) =>
    `Extension "host": decide["${type}"] must be synchronous, and return a list of facts or a refusal.`;
  const notDescribed = (type: string) =>
    `Extension "host": decide["host.tell"] returned a fact ${type} that the extension's events do ` +
    'not define, that does not match its schema, or that is not JSON.';

  it.each([
    [
      'a decision in the future',
      { ...asking, decide: { 'host.ask': pending } },
      ask,
      notFacts('host.ask'),
      { type: 'host.ask' },
    ],
    [
      'a decision that is no list',
      { ...asking, decide: { 'host.ask': () => 'x' } },
      ask,
      notFacts('host.ask'),
      { type: 'host.ask' },
    ],
    [
      'a fact that nobody defined',
      telling([{ type: 'host.lost', data: {} }]),
      tell,
      notDescribed('host.lost'),
      { type: 'host.lost' },
    ],
    [
      'a fact of another shape',
      telling([{ type: 'host.done', data: { at: '1' } }]),
      tell,
      notDescribed('host.done'),
      { type: 'host.done' },
    ],
    [
      'a recipe that writes no JSON',
      telling([{ type: 'host.done', data: {} }]),
      tell,
      'Extension "host": the recipe of host.done wrote data that JSON cannot represent.',
      { type: 'host.done' },
    ],
    [
      'a guard in the future',
      { guards: { sure: pending }, requires: { 'order.hold': ['sure'] } },
      { type: 'order.hold', reason: 'r' },
      'A guard of extension "host" returned neither true nor false: guards are synchronous.',
      { answered: 'object' },
    ],
  ])('%s', (_, fields, command, message, details) => {
    const harness = createOrderHarness({ extensions: [untyped(fields)] });
    harness.execute(place());
    const { state } = harness;
    const error = thrownBy(() => harness.execute(command));
    expect(error).toMatchObject({ code: 'invalidExtension', message });
    expect(error).toHaveProperty('details', { extension: 'host', ...details });
    expect(harness.state).toBe(state);
  });

  it.each([
    ['does not match its schema', telling([{ type: 'host.done', data: { at: '1' } }])],
    [
      'is no JSON',
      {
        ...telling([{ type: 'host.done', data: { at: 1n } }]),
        events: { 'host.done': z.strictObject({ at: z.bigint() }) },
      },
    ],
    [
      'cannot be read again',
      {
        ...telling([{ type: 'host.done', data: { at: '1' } }]),
        events: { 'host.done': z.strictObject({ at: z.string().transform(Number) }) },
      },
    ],
    ['is made no JSON by its recipe', telling([{ type: 'host.done', data: {} }])],
  ])('a fact that %s comes with the cause', (_, fields) => {
    const harness = createOrderHarness({ extensions: [untyped(fields)] });
    harness.execute(place());
    expect(thrownBy(() => harness.execute(tell))).toHaveProperty('cause', expect.any(Error));
  });

  it.each([-1, 0.5, Number.NaN])('a delay of %s milliseconds', (delayMs) => {
    const states = { open: { after: { patience: 'late' } }, late: {} };
    const fields = {
      delays: { patience: () => delayMs },
      regions: { host: { initial: 'open', states } },
    };
    const harness = createOrderHarness({ extensions: [untyped(fields)] });
    const error = thrownBy(() => harness.execute(place()));
    expect(error).toMatchObject({
      code: 'invalidExtension',
      message: `The delay "patience" returned ${delayMs} for an order: it must return whole milliseconds, zero or more.`,
    });
    expect(error).toHaveProperty('details', { delay: 'patience' });
  });

  it.each([
    ['on entry', { initial: 'a', states: { a: { entry: emit({ type: 'host.none' }) } } }],
    ['on exit', { initial: 'a', states: { a: { exit: emit({ type: 'host.none' }) } } }],
    [
      'on a transition',
      {
        initial: 'a',
        states: { a: { on: { 'fact.*': { actions: emit({ type: 'host.none' }) } } } },
      },
    ],
  ])('a region that emits what it does not define, %s', (_, host) => {
    const error = thrownBy(() =>
      createOrderHarness({ extensions: [untyped({ regions: { host } })] }),
    );
    expect(error).toMatchObject({
      code: 'invalidExtension',
      message:
        'Extension "host": a region emits "host.none". A region can emit only events that its ' +
        'extension defines and whose schema accepts an empty object.',
    });
    expect(error).toHaveProperty('details', { extension: 'host', type: 'host.none' });
  });
});
