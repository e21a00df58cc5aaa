import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { learnChart } from '../../src/chart/index.ts';
import { thrownBy } from './refusals.ts';
import { learnShop, newShop, pending } from './shop-chart.ts';

describe('values', () => {
  it('are frozen, and the same object when they are equal', () => {
    const chart = learnShop();
    const { value } = chart.initial(newShop);
    expect(Object.isFrozen(value)).toBe(true);
    expect(chart.step({ ...pending }, { type: 'order.annotate' }, newShop).value).toBe(value);
    expect(
      chart.resolve(JSON.parse('{"parcels":"none","payment":"unpaid","lifecycle":"pending"}')),
    ).toBe(value);
  });

  it('are put into the order of the chart', () => {
    const value = learnShop().resolve({ parcels: 'none', payment: 'paid', lifecycle: 'expired' });
    expect(JSON.stringify(value)).toBe('{"lifecycle":"expired","payment":"paid","parcels":"none"}');
  });

  it.each([
    ['an unknown state', { ...pending, lifecycle: 'gone' }, 'lifecycle'],
    ['an unknown region', { ...pending, mood: 'good' }, '(root)'],
    ['a missing region', { lifecycle: 'pending', payment: 'unpaid' }, '(root)'],
    ['a state of a prototype', { ...pending, lifecycle: 'constructor' }, 'lifecycle'],
    ['a state without its own states', { ...pending, parcels: 'some' }, 'parcels.some'],
    ['states of a state that has none', { ...pending, parcels: { none: {} } }, 'parcels.none'],
    ['an unknown inner state', { ...pending, parcels: { some: 'more' } }, 'parcels.some'],
    ['an unknown composite state', { ...pending, parcels: { other: 'all' } }, 'parcels'],
    ['two states at once', { ...pending, parcels: { some: 'all', done: {} } }, 'parcels'],
    ['no state', { ...pending, parcels: {} }, 'parcels'],
    ['a list', { ...pending, parcels: ['some'] }, 'parcels'],
    ['null', { ...pending, parcels: null }, 'parcels'],
    ['a number', { ...pending, parcels: 1 }, 'parcels'],
    ['text', 'pending', '(root)'],
    ['nothing', undefined, '(root)'],
    [
      'an own __proto__',
      JSON.parse('{"__proto__":"x","payment":"unpaid","parcels":"none"}'),
      '(root)',
    ],
  ])('that hold %s are refused with the path', (_what, value, path) => {
    const error = thrownBy(() => learnShop().resolve(value));
    expect(error).toMatchObject({ code: 'chartDefect', details: { chart: 'shop', path } });
  });

  it('of a chart that is a single state are empty', () => {
    const chart = learnChart(createMachine({ id: 'one' }));
    expect(chart.initial({}).value).toEqual({});
    expect(() => chart.resolve({ more: {} })).toThrow('there is no region "more"');
  });
});
