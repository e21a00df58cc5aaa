import { describe, expect, it } from 'vitest';
import type { OrderState } from '../../src/rules/index.ts';
import { createOrderHarness, type OrderHarness } from '../../src/testing/harness.ts';
import {
  authorized,
  captured,
  delivered,
  dispatched,
  disputed,
  lastOperation,
  line,
  place,
  refundAmount,
  refunded,
  reportPayment,
  submit,
} from '../order/commands.ts';

/**
 * What a command reads of an order is counted, not timed: a busy machine would make a linear rule
 * look slow, and a quick one would hide a quadratic rule.
 */
const { rules } = createOrderHarness({ policy: { confirmWhen: 'terms' } });

/** The same state, in which every read of a property of an entry of a list counts. */
function counting(state: OrderState, count: () => void): OrderState {
  const wrap = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const copy = Array.isArray(value)
      ? value.map(wrap)
      : Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, wrap(entry)]));
    return new Proxy(Object.freeze(copy), {
      get(target, key, receiver) {
        count();
        return Reflect.get(target, key, receiver);
      },
    });
  };
  return { ...state, order: wrap(state.order) as OrderState['order'] };
}

/** A command, or one that depends on what happened. */
type Step = object | ((harness: OrderHarness) => object);

/** How many reads one command costs on an order that lived through `steps`. */
function readsOf(steps: readonly Step[], command: object): number {
  const harness = liveThrough(steps);
  if (harness.state === undefined) throw new Error('no order');
  let reads = 0;
  const state = counting(harness.state, () => {
    reads += 1;
  });
  const again = createOrderHarness({ rules, state });
  const decision = again.execute(command);
  if (decision.status === 'rejected') throw new Error(decision.rejection.message);
  if (decision.events.length === 0) throw new Error('the command told nothing new');
  return reads;
}

function liveThrough(steps: readonly Step[]): OrderHarness {
  const harness = createOrderHarness({ rules });
  for (const step of steps) {
    const decision = harness.execute(typeof step === 'function' ? step(harness) : step);
    if (decision.status === 'rejected') throw new Error(decision.rejection.message);
  }
  return harness;
}

type Growth = (size: number) => readonly [steps: readonly Step[], command: object];

/** Four times the entries may cost four times the reads, and what is the same for every order. */
function expectLinear(growth: Growth): void {
  const [small, large] = [readsOf(...growth(40)), readsOf(...growth(160))];
  expect(large / small).toBeLessThan(4.5);
}

const each = <Step>(size: number, make: (index: number) => Step): Step[] =>
  Array.from({ length: size }, (_, index) => make(index));

const object = (index: number) => ({ objectId: `object-${index}` });

const linesOf = (size: number, quantity = 2) => each(size, (at) => line(`l${at}`, quantity, 1000));

const allUnits = (size: number, units = 1) =>
  Object.fromEntries(each(size, (at) => [`l${at}`, units]));

const returned = (outcome: string, size: number, more: object = {}) => ({
  type: 'return.report',
  returnId: 'r1',
  outcome,
  source: 'warehouse',
  reportId: `return-${outcome}-${size}`,
  lines: each(size, (at) => ({ lineId: `l${at}`, units: 1 })),
  ...more,
});

const order = place({ lines: [line('a', 1_000_000, 1000)] });

describe('what a command reads grows no faster than the order', () => {
  it('a report of one of many objects of a provider', () => {
    expectLinear((size) => [
      [
        order,
        ...each(size, (at) => authorized(1000, object(at))),
        ...each(size, (at) => captured(1000, { ...object(at), sale: true })),
      ],
      captured(500, { ...object(size), sale: true }),
    ]);
  });

  it('a report of one of many refunds, each asked for before', () => {
    expectLinear((size) => {
      const asked = refundAmount(1);
      const settled = each(size, (at): Step[] => [
        asked,
        (harness) => refunded(1, { ...object(at), operationId: lastOperation({ harness }) }),
      ]);
      return [[order, captured(1_000_000, { sale: true }), ...settled.flat()], asked];
    });
  });

  it('a report of one of many disputes, and what is asked for in one', () => {
    const opened = (index: number) => disputed('Opened', 1, { ...object(index), dueBy: index });
    expectLinear((size) => [
      [order, captured(1_000_000, { sale: true }), ...each(size, opened)],
      disputed('Withdrawn', 1, object(size - 1)),
    ]);
    expectLinear((size) => [
      [order, captured(1_000_000, { sale: true }), ...each(size, opened)],
      submit({ disputeId: `object-${size - 1}` }),
    ]);
  });

  it('a report of a payment that waits for the customer', () => {
    expectLinear((size) => [
      [
        order,
        ...each(size, (at) => reportPayment('actionRequired', undefined, object(at))),
        ...each(size, (at) => authorized(1, object(at))),
      ],
      authorized(1, object(size)),
    ]);
  });

  it('a report of one of many parcels', () => {
    expectLinear((size) => [
      [order, ...each(size, (at) => dispatched({ a: 1 }, { shipmentId: `s${at}` }))],
      dispatched({ a: 1 }, { shipmentId: 'one more' }),
    ]);
  });

  it('a parcel of many lines, handed over and delivered', () => {
    expectLinear((size) => [
      [place({ lines: linesOf(size) }), dispatched(allUnits(size))],
      dispatched(allUnits(size, 2)),
    ]);
    expectLinear((size) => [
      [place({ lines: linesOf(size) }), dispatched(allUnits(size))],
      delivered(allUnits(size)),
    ]);
  });

  it('a grant of many lines', () => {
    expectLinear((size) => [
      [place({ lines: linesOf(size) })],
      {
        type: 'fulfillment.report',
        objectId: 'g1',
        outcome: 'granted',
        source: 'one',
        reportId: 'grant',
        lines: each(size, (at) => ({ lineId: `l${at}`, units: 1 })),
      },
    ]);
  });

  it('a return of many lines, and one of many returns', () => {
    expectLinear((size) => [
      [place({ lines: linesOf(size) }), dispatched(allUnits(size)), delivered(allUnits(size))],
      returned('received', size),
    ]);
    expectLinear((size) => [
      [order, dispatched({ a: 100_000 }), delivered({ a: 100_000 })].concat(
        each(size, (at) => ({
          ...returned('received', 0, { returnId: `r${at}`, reportId: `r${at}` }),
          lines: [{ lineId: 'a', units: 1 }],
        })) as never[],
      ),
      { ...returned('received', 0, { returnId: 'more' }), lines: [{ lineId: 'a', units: 1 }] },
    ]);
  });

  it('a cancellation and a refund of many lines', () => {
    expectLinear((size) => [
      [place({ lines: linesOf(size) }), captured(size * 2000, { sale: true })],
      { type: 'order.cancel', lines: each(size, (at) => ({ lineId: `l${at}`, units: 1 })) },
    ]);
    expectLinear((size) => [
      [place({ lines: linesOf(size) }), captured(size * 2000, { sale: true })],
      {
        type: 'payment.refund',
        cause: 'correction',
        of: { kind: 'units', lines: each(size, (at) => ({ lineId: `l${at}`, units: 1 })) },
      },
    ]);
  });

  it('a discrepancy that is resolved, where many were before', () => {
    expectLinear((size) => {
      const wrong = each(size, (at) => captured(1, { paymentId: `p${at}`, ...object(at) }));
      return [[order, ...wrong], captured(1, { paymentId: 'more', ...object(size) })];
    });
  });
});
