import { amend, line, place, three, unitsOf } from '../commands.ts';
import type { Row } from './row.ts';

const addX = { add: [line('x', 1, 5000)] };

const lineX = {
  ...{ id: 'x', sku: null, title: null },
  ...{ quantity: 1, unitPrice: 5000, net: 5000, tax: 0 },
};

/** Amendments. */
export const amendments: readonly Row[] = [
  {
    of: 'an amendment',
    given: [place()],
    when: amend(addX),
    events: [
      {
        type: 'order.amended',
        data: {
          amendmentId: 'm1',
          reason: null,
          currency: 'EUR',
          amount: 5000,
          lines: [lineX],
          charges: [],
        },
      },
    ],
  },
  {
    of: 'an amendment with a reason',
    given: [place()],
    when: amend({ ...addX, reason: 'forgotten' }),
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
    of: 'an amendment that takes nothing off',
    given: [place()],
    when: amend({ add: [line('x', 1, 0)], addCharges: [{ id: 'fee', amount: 0 }], total: 10_000 }),
    events: [
      {
        type: 'order.amended',
        data: {
          amendmentId: 'm1',
          reason: null,
          currency: 'EUR',
          amount: 0,
          lines: [{ id: 'x', sku: null, title: null, quantity: 1, unitPrice: 0, net: 0, tax: 0 }],
          charges: [{ id: 'fee', net: 0, tax: 0 }],
        },
      },
    ],
  },
  {
    of: 'an amendment that takes all off',
    given: [three],
    when: amend({
      credit: {
        creditId: 'c1',
        cause: 'goodwill',
        of: { kind: 'amount', amount: 30_000, currency: 'EUR' },
      },
      total: 0,
    }),
    events: [
      {
        type: 'order.amended',
        data: {
          amendmentId: 'm1',
          reason: null,
          currency: 'EUR',
          amount: 0,
          lines: [],
          charges: [],
        },
      },
      {
        type: 'order.credited',
        data: {
          creditId: 'c1',
          cause: 'goodwill',
          causeId: null,
          amount: 30000,
          currency: 'EUR',
          allocation: [{ component: 'goodwill', amount: 30000, net: 30000, tax: 0, units: null }],
        },
      },
    ],
  },
  {
    of: 'an amendment that adds a charge alone',
    given: [place()],
    when: amend({ addCharges: [{ id: 'fee', amount: 1 }] }),
    events: [
      {
        type: 'order.amended',
        data: {
          amendmentId: 'm1',
          reason: null,
          currency: 'EUR',
          amount: 1,
          lines: [],
          charges: [{ id: 'fee', net: 1, tax: 0 }],
        },
      },
    ],
  },
  {
    of: 'an amendment to the most an order may cost',
    given: [place()],
    when: amend({ add: [line('x', 1, 9_999_999_990_000)] }),
    events: [
      {
        type: 'order.amended',
        data: {
          amendmentId: 'm1',
          reason: null,
          currency: 'EUR',
          amount: 9999999990000,
          lines: [
            {
              id: 'x',
              sku: null,
              title: null,
              quantity: 1,
              unitPrice: 9999999990000,
              net: 9999999990000,
              tax: 0,
            },
          ],
          charges: [],
        },
      },
    ],
  },
  {
    of: 'an amendment that cancels',
    given: [three],
    when: amend({ cancel: unitsOf({ a: 1 }) }),
    events: [
      {
        type: 'order.amended',
        data: {
          amendmentId: 'm1',
          reason: null,
          currency: 'EUR',
          amount: 0,
          lines: [],
          charges: [],
        },
      },
      {
        type: 'order.units_cancelled',
        data: {
          cause: 'amendment',
          currency: 'EUR',
          lines: [{ lineId: 'a', units: 1, amount: 10000, net: 10000, tax: 0 }],
        },
      },
    ],
  },
  {
    of: 'an amendment that credits units',
    given: [three],
    when: amend({
      credit: {
        creditId: 'c1',
        cause: 'correction',
        of: { kind: 'units', lines: unitsOf({ a: 1 }) },
      },
    }),
    events: [
      {
        type: 'order.amended',
        data: {
          amendmentId: 'm1',
          reason: null,
          currency: 'EUR',
          amount: 0,
          lines: [],
          charges: [],
        },
      },
      {
        type: 'order.credited',
        data: {
          creditId: 'c1',
          cause: 'correction',
          causeId: null,
          amount: 10000,
          currency: 'EUR',
          allocation: [{ component: 'line:a', amount: 10000, net: 10000, tax: 0, units: 1 }],
        },
      },
    ],
  },
];
