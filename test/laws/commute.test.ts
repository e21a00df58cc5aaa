import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Order } from '../../src/order/order.ts';
import { arbitraryLife, arbitraryReport } from '../../src/testing/arbitraries.ts';
import { arbitraryPlace, defaultPools } from '../../src/testing/arbitrary-place.ts';
import { createOrderHarness, type OrderHarness } from '../../src/testing/harness.ts';
import { liveThrough } from '../../src/testing/life.ts';

/** Compiled once: what is learned in one run serves the next. */
const { rules } = createOrderHarness();

const runs = Number(process.env['ORDERCHART_LAW_RUNS'] ?? 1000);

/** What must not depend on the order of reports: ledgers, status, open discrepancies. */
function outcomeOf({ state }: OrderHarness) {
  if (state === undefined) return undefined;
  const { order, status } = state;
  return {
    status,
    lines: order.lines,
    payments: order.payments.map(ledgerOf).sort(byId),
    shipments: order.shipments.map(inOneOrder).sort(byId),
    returns: order.returns.map(inOneOrder).sort(byId),
    exchanges: order.exchanges,
    amendments: order.amendments,
    discrepancies: order.discrepancies.open.map(({ law, subject }) => `${law} ${subject}`).sort(),
    deliveredAt: order.deliveredAt,
    deadlines: state.deadlines,
  };
}

const byId = (one: { readonly id: string }, other: { readonly id: string }) =>
  one.id < other.id ? -1 : 1;

/** Lines stand in the order in which they were first told, which is no part of what is known. */
function inOneOrder(told: Order['shipments' | 'returns'][number]) {
  const sorted = Object.entries(told).map(([name, value]) => [
    name,
    Array.isArray(value)
      ? value.toSorted((one, other) => (one.lineId < other.lineId ? -1 : 1))
      : value,
  ]);
  return { id: told.id, ...Object.fromEntries(sorted) };
}

function ledgerOf({ movements, operations, method, ...ledger }: Order['payments'][number]) {
  const { disputes } = ledger;
  return disputes === undefined ? ledger : { ...ledger, disputes: disputes.toSorted(byId) };
}

/** A permutation of a list with some of its entries repeated. */
const shuffled = <Entry>(entries: readonly Entry[]) =>
  fc.tuple(fc.subarray([...entries]), fc.subarray([...entries])).chain(([again, more]) =>
    fc.shuffledSubarray([...entries, ...again, ...more], {
      minLength: entries.length + again.length + more.length,
    }),
  );

const reportsInTwoOrders = fc
  .array(arbitraryReport(), { minLength: 2, maxLength: 9, size: 'max' })
  .chain((reports) => fc.tuple(fc.constant(reports), shuffled(reports)));

function endsTheSame(
  before: readonly (object | number)[],
  one: readonly object[],
  other: readonly object[],
): void {
  const harnesses = [one, other].map((reports) => {
    const harness = createOrderHarness({ rules });
    liveThrough(harness, before);
    liveThrough(harness, reports);
    return harness;
  });
  const [first, second] = harnesses.map(outcomeOf);
  expect(second).toEqual(first);
}

describe('L3: reports commute', () => {
  it('any order and any repetition of reports to a new order ends the same', () => {
    fc.assert(
      fc.property(arbitraryPlace(), reportsInTwoOrders, (place, [one, other]) => {
        endsTheSame([place], one, other);
      }),
      { numRuns: runs },
    );
  });

  it('any order and any repetition of reports to an order in mid-life ends the same', () => {
    fc.assert(
      fc.property(arbitraryLife(defaultPools, 12), reportsInTwoOrders, (life, [one, other]) => {
        endsTheSame(life, one, other);
      }),
      { numRuns: runs },
    );
  });

  it('any order of late money to an order that was cancelled or expired ends the same', () => {
    const endings = fc.constantFrom<readonly (object | number)[]>(
      [{ type: 'order.cancel' }],
      [2 * 86_400_000],
    );
    fc.assert(
      fc.property(arbitraryPlace(), endings, reportsInTwoOrders, (place, ending, [one, other]) => {
        endsTheSame([place, ...ending], one, other);
      }),
      { numRuns: runs },
    );
  });
});
