import { and, emit, not, raise, stateIn } from 'xstate';
import { type Chart, type ChartEvent, learnChart } from '../../src/chart/index.ts';
import { type Definition, machineOf } from './walk.ts';

/** What the guards of the shop look at. */
export interface Shop {
  readonly paid: boolean;
  readonly held: boolean;
  readonly shipped: number;
  readonly units: number;
}

type Asked = { readonly context: Shop; readonly event: { readonly type: string } };

/** A small order: commands by their names, facts as `fact.*`, timers, automatic moves. */
export const shop = {
  config: {
    id: 'shop',
    version: '7',
    type: 'parallel',
    states: {
      lifecycle: {
        initial: 'pending',
        states: {
          pending: {
            on: {
              'order.confirm': { guard: and(['paid', not('held')]), target: 'confirmed' },
              'order.cancel': { target: 'cancelling' },
              'order.annotate': {},
              'fact.*': { guard: and(['paid', not('held')]), target: 'confirmed' },
            },
            after: { unpaidTimeout: [{ guard: not('paid'), target: 'expired' }, {}] },
          },
          confirmed: {
            entry: emit({ type: 'order.confirmed' }),
            on: {
              'order.cancel': { guard: 'nothingShipped', target: 'cancelling' },
              'fact.*': { guard: 'allShipped', target: 'completed' },
            },
          },
          cancelling: { always: { guard: not('paid'), target: 'cancelled' } },
          cancelled: { entry: emit({ type: 'order.cancelled' }) },
          expired: { entry: emit({ type: 'order.expired' }) },
          completed: {
            entry: [emit({ type: 'order.completed' }), raise({ type: 'wrapUp' })],
            on: { 'fact.*': { guard: not('allShipped'), target: 'confirmed' } },
            after: { 1000: { actions: emit({ type: 'order.reviewDue' }) } },
          },
        },
      },
      payment: {
        initial: 'unpaid',
        states: { unpaid: {}, paid: {} },
        on: { 'fact.*': [{ guard: 'paid', target: '.paid' }, { target: '.unpaid' }] },
      },
      parcels: {
        initial: 'none',
        states: {
          none: { on: { 'fact.shipped': { guard: 'someShipped', target: 'some' } } },
          some: {
            initial: 'part',
            states: {
              part: {
                on: {
                  'fact.shipped': {
                    guard: { type: 'atLeast', params: { units: 2 } },
                    target: 'all',
                  },
                },
              },
              all: { type: 'final' },
            },
            onDone: { guard: stateIn({ lifecycle: 'confirmed' }), target: 'done' },
            on: { 'order.recount': { target: 'none', reenter: true } },
          },
          done: { on: { wrapUp: { actions: emit({ type: 'parcels.wrapped' }) } } },
        },
      },
    },
  },
  guards: {
    paid: ({ context }: Asked) => context.paid,
    held: ({ context }: Asked) => context.held,
    nothingShipped: ({ context }: Asked) => context.shipped === 0,
    someShipped: ({ context }: Asked) => context.shipped > 0,
    allShipped: ({ context }: Asked) => context.shipped >= context.units,
    atLeast: ({ context }: Asked, { units }: { units: number }) => context.shipped >= units,
  },
  delays: { unpaidTimeout: 1000 },
} satisfies Definition;

export const newShop: Shop = { paid: false, held: false, shipped: 0, units: 2 };
export const paidShop: Shop = { ...newShop, paid: true };

export const pending = { lifecycle: 'pending', payment: 'unpaid', parcels: 'none' };
export const confirmed = { ...pending, lifecycle: 'confirmed' };
export const told: ChartEvent = { type: 'fact.paid' };

export const learnShop = (maximumEntries = 1000): Chart<Shop> =>
  learnChart<Shop>(machineOf(shop), { maximumEntries });
