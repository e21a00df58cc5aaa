import { line, place, propose, three, unitsOf } from '../commands.ts';
import { named } from '../refusals/commands.ts';
import type { Row } from './row.ts';

const addX = { add: [line('x', 1, 5000)] };

const lineX = {
  ...{ id: 'x', sku: null, title: null },
  ...{ quantity: 1, unitPrice: 5000, net: 5000, tax: 0 },
};

/** Proposals, and the answers to them. */
export const proposals: readonly Row[] = [
  {
    of: 'a proposal',
    given: [place()],
    when: propose(addX),
    events: [
      {
        type: 'amendment.proposed',
        data: {
          amendmentId: 'm1',
          reason: null,
          currency: 'EUR',
          change: {
            lines: [lineX],
            charges: [],
            amount: 5000,
            cancel: [],
            credit: null,
            total: null,
          },
        },
      },
    ],
  },
  {
    of: 'a proposal with all that it can say',
    given: [three],
    when: propose({
      ...addX,
      reason: 'forgotten',
      cancel: unitsOf({ a: 1 }),
      credit: {
        creditId: 'c1',
        cause: 'correction',
        causeId: 'doc-1',
        of: { kind: 'units', lines: unitsOf({ a: 1 }), amount: 700, currency: 'EUR' },
      },
      total: 24_300,
    }),
    events: [
      {
        type: 'amendment.proposed',
        data: {
          amendmentId: 'm1',
          reason: 'forgotten',
          currency: 'EUR',
          change: {
            lines: [lineX],
            charges: [],
            amount: 5000,
            cancel: unitsOf({ a: 1 }),
            credit: {
              creditId: 'c1',
              cause: 'correction',
              causeId: 'doc-1',
              of: { kind: 'units', lines: unitsOf({ a: 1 }), amount: 700, currency: 'EUR' },
            },
            total: 24300,
          },
        },
      },
    ],
  },
  {
    of: 'a proposal that credits units at their price',
    given: [three],
    when: propose({
      credit: {
        creditId: 'c1',
        cause: 'correction',
        of: { kind: 'units', lines: unitsOf({ a: 1 }) },
      },
    }),
    events: [
      {
        type: 'amendment.proposed',
        data: {
          amendmentId: 'm1',
          reason: null,
          currency: 'EUR',
          change: {
            lines: [],
            charges: [],
            amount: 0,
            cancel: [],
            credit: {
              creditId: 'c1',
              cause: 'correction',
              causeId: null,
              of: { kind: 'units', lines: unitsOf({ a: 1 }) },
            },
            total: null,
          },
        },
      },
    ],
  },
  {
    of: 'a proposal that credits an amount',
    given: [three],
    when: propose({
      credit: {
        creditId: 'c1',
        cause: 'goodwill',
        of: { kind: 'amount', amount: 100, currency: 'EUR' },
      },
    }),
    events: [
      {
        type: 'amendment.proposed',
        data: {
          amendmentId: 'm1',
          reason: null,
          currency: 'EUR',
          change: {
            lines: [],
            charges: [],
            amount: 0,
            cancel: [],
            credit: {
              creditId: 'c1',
              cause: 'goodwill',
              causeId: null,
              of: { kind: 'amount', amount: 100, currency: 'EUR' },
            },
            total: null,
          },
        },
      },
    ],
  },
  {
    of: 'an approval',
    given: [place(), propose({ ...addX, reason: 'forgotten' })],
    when: named('amendment.approve', { amendmentId: 'm1' }),
    events: [
      {
        type: 'order.amended',
        data: {
          amendmentId: 'm1',
          reason: 'forgotten',
          currency: 'EUR',
          amount: 5000,
          lines: [lineX],
          charges: [],
        },
      },
    ],
  },
  {
    of: 'a decline',
    given: [place(), propose(addX)],
    when: named('amendment.decline', { amendmentId: 'm1' }),
    events: [{ type: 'amendment.declined', data: { amendmentId: 'm1', reason: null } }],
  },
  {
    of: 'a decline with a reason',
    given: [place(), propose(addX)],
    when: named('amendment.decline', { amendmentId: 'm1', reason: 'dear' }),
    events: [{ type: 'amendment.declined', data: { amendmentId: 'm1', reason: 'dear' } }],
  },
];
