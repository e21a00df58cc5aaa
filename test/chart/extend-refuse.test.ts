import { describe, expect, it } from 'vitest';
import { and, emit, raise } from 'xstate';
import {
  type ChartDefinition,
  type ChartExtension,
  extendChart,
  learnChart,
} from '../../src/chart/index.ts';
import { thrownBy } from './refusals.ts';
import { shop } from './shop-chart.ts';
import { machineOf } from './walk.ts';

const core: ChartDefinition = { ...shop, shared: ['fact.*'] };

describe('an extension is refused:', () => {
  const refusal = (added: ChartExtension, from: ChartDefinition = core) =>
    thrownBy(() => extendChart(from, added));
  const refused = (path: string, reason: string | RegExp) =>
    expect.objectContaining({
      code: 'extensionRefused',
      details: {
        path,
        reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
      },
    });
  const region = (open: object, rest: object = {}): ChartExtension => ({
    regions: { review: { initial: 'open', states: { open, cleared: {} }, ...rest } },
  });

  it('a region, guard or delay that exists already', () => {
    expect(refusal({ regions: { lifecycle: {} } })).toEqual(
      refused('lifecycle', 'the region "lifecycle" already exists'),
    );
    expect(refusal({ guards: { paid: () => true } })).toEqual(
      refused('paid', 'the guard "paid" already exists'),
    );
    expect(refusal({ delays: { unpaidTimeout: 1 } })).toEqual(
      refused('unpaidTimeout', 'the delay "unpaidTimeout" already exists'),
    );
  });

  it('a requirement on what the chart does not have', () => {
    const guards = { cleared: () => true };
    expect(refusal({ guards, requires: { 'order.eat': ['cleared'] } })).toEqual(
      refused('order.eat', 'the chart has no such event'),
    );
    expect(refusal({ guards, requiresInto: { 'lifecycle.eaten': ['cleared'] } })).toEqual(
      refused('lifecycle.eaten', 'the chart has no such state'),
    );
    expect(refusal({ guards, requiresInto: { 'lifecycle.pending': ['cleared'] } })).toEqual(
      refused('lifecycle.pending', 'no transition enters this state'),
    );
    expect(refusal({ requires: { 'order.cancel': ['cleared'] } })).toEqual(
      refused('order.cancel', 'there is no guard "cleared" to require'),
    );
    expect(refusal({ requiresInto: { 'lifecycle.confirmed': ['cleared'] } })).toEqual(
      refused('lifecycle.confirmed', 'there is no guard "cleared" to require'),
    );
  });

  it('a requirement that a wider transition would get round', () => {
    const guards = { cleared: () => true };
    expect(refusal({ guards, requires: { 'fact.shipped': ['cleared'] } })).toEqual(
      refused('fact.shipped', '"fact.*" handles it too, so nothing would be required'),
    );
  });

  it.each(['order.cancel', 'order.*', '*'])('a region that reacts to %s', (descriptor) => {
    expect(refusal(region({ on: { [descriptor]: {} } }))).toEqual(
      refused('review.open', /^on ".*": "order\..*" is an event of the chart itself$/),
    );
    expect(refusal(region({}, { on: { [descriptor]: {} } }))).toEqual(refused('review', /^on "/));
  });

  it('a region that reacts to an event of a family that the chart handles', () => {
    const from = { ...core, shared: [] };
    expect(refusal(region({ on: { 'fact.review': {} } }), from)).toEqual(
      refused('review.open', 'on "fact.review": "fact.*" is an event of the chart itself'),
    );
  });

  it('a region that leads into another one', () => {
    expect(refusal(region({ on: { 'review.x': '#shop.lifecycle.confirmed' } }))).toEqual(
      refused('review.open', 'leads to "lifecycle.confirmed", another region'),
    );
    expect(refusal(region({ always: '#shop.payment' }))).toEqual(
      refused('review.open', 'leads to "payment", another region'),
    );
    expect(refusal(region({ after: { 5: '#shop' } }))).toEqual(
      refused('review.open', 'leads to "", another region'),
    );
  });

  it('a region that is entered anew, which would enter all regions anew', () => {
    const reason = 're-enters its whole region, and with it all others';
    expect(refusal(region({ on: { 'review.x': '#shop.review' } }))).toEqual(
      refused('review.open', reason),
    );
    const reentered = { on: { 'review.x': { target: '.open', reenter: true } } };
    expect(refusal(region({}, reentered))).toEqual(refused('review', reason));
  });

  it('a region that takes the id of another state', () => {
    expect(refusal(region({ id: 'shop.lifecycle' }))).toEqual(
      refused('review.open', 'the id "shop.lifecycle" belongs to another state'),
    );
  });

  it('a region that raises an event of the chart', () => {
    const raised = (type: string) => region({ on: { 'review.x': { actions: raise({ type }) } } });
    expect(refusal(raised('order.cancel'))).toEqual(
      refused('review.open', 'raises "order.cancel", an event of the chart itself'),
    );
    expect(refusal(raised('fact.paid'))).toEqual(
      refused('review.open', 'raises "fact.paid", an event of the chart itself'),
    );
    expect(() => extendChart(core, raised('review.y'))).not.toThrow();
  });

  it('a region that emits an event that the chart emits', () => {
    expect(refusal(region({ entry: emit({ type: 'order.confirmed' }) }))).toEqual(
      refused('review.open', 'emits "order.confirmed", an event of the chart itself'),
    );
  });

  it('a region that is none', () => {
    expect(refusal(region({ on: { 'review.x': 'nowhere' } }))).toEqual(
      refused('review', /nowhere/),
    );
    expect(refusal({ regions: { review: { states: { open: {} } } } })).toEqual(
      refused('review', /No initial state/),
    );
  });

  it('for a chart that cannot have further regions', () => {
    const single = { config: { initial: 'a', states: { a: {} } }, guards: {}, delays: {} };
    expect(refusal({}, single)).toEqual(
      refused('(root)', 'only a parallel chart can have more regions'),
    );
    const handling = { ...core, config: { ...shop.config, on: { go: {} } } };
    expect(refusal({}, handling)).toEqual(
      refused('(root)', 'a new region could disable the transitions of the root'),
    );
  });

  it('by the chart that is learned, when its guards are inline', () => {
    const inline = region({ on: { 'review.x': { guard: and(['paid', () => true]) } } });
    expect(thrownBy(() => learnChart(machineOf(extendChart(core, inline))))).toMatchObject({
      code: 'chartRefused',
      details: { path: 'review.open', place: 'on "review.x"' },
    });
  });

  it('and the message says where and why', () => {
    const error = refusal({ guards: { paid: () => true } }) as Error;
    expect(error.message).toBe('Extension refused: "paid": the guard "paid" already exists.');
  });
});
