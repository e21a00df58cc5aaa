import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chargedFor } from '../../src/order/line-figures.ts';
import { shareOfUnits } from '../../src/order/money.ts';
import type { Charge, Line, Order, Tax } from '../../src/order/order.ts';
import { creditedPrice, type Price } from '../../src/order/prices.ts';
import { arbitraryLife } from '../../src/testing/arbitraries.ts';
import { createOrderHarness, type OrderHarness } from '../../src/testing/harness.ts';
import { liveThrough } from '../../src/testing/life.ts';
import { lastOperation, line, place, refunded, refundUnits, sold } from '../order/commands.ts';

/** Compiled once: what is learned in one run serves the next. */
const { rules } = createOrderHarness();

const runs = Number(process.env['ORDERCHART_LAW_RUNS'] ?? 300);

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

interface Part extends Price {
  readonly component?: string;
  readonly lineId?: string;
}

/** The prices of an event, and whether they lower what is owed. */
function partsOf({ type, data }: OrderHarness['events'][number]): readonly Part[] {
  const parts = type === 'order.units_cancelled' ? data['lines'] : data['allocation'];
  return (parts ?? []) as unknown as readonly Part[];
}

function lowersDebt({ type, data }: OrderHarness['events'][number]): boolean {
  return type === 'order.units_cancelled' || type === 'order.credited' || data['credits'] === true;
}

function componentsOf({ lines, charges }: Order): ReadonlyMap<string, Line | Charge> {
  return new Map<string, Line | Charge>([
    ...lines.map((entry) => [`line:${entry.id}`, entry] as const),
    ...charges.map((entry) => [`charge:${entry.id}`, entry] as const),
  ]);
}

const nameOf = ({ component, lineId }: Part) => component ?? `line:${lineId}`;

const amountOf = (taxes: readonly { code: string; amount: number }[] | undefined, code: string) =>
  taxes?.find((entry) => entry.code === code)?.amount ?? 0;

/** Every part is made of its net and its taxes, by the codes of its component. */
function expectMadeExactly(part: Part, component: Line | Charge | undefined): void {
  const { amount, net, tax, taxes } = part;
  expect(net + tax).toBe(amount);
  for (const figure of [amount, net, tax]) expect(figure).toBeGreaterThanOrEqual(0);
  expect(taxes?.map(({ code }) => code)).toEqual(component?.taxes?.map(({ code }) => code));
  if (taxes !== undefined) expect(sum(taxes.map((entry) => entry.amount))).toBe(tax);
}

/** What the ledger has of a component is what the events took off it, and never more than it is. */
function expectCounted(component: Line | Charge, parts: readonly Part[]): void {
  const credited = creditedPrice(component);
  expect(credited).toMatchObject({
    amount: sum(parts.map(({ amount }) => amount)),
    net: sum(parts.map(({ net }) => net)),
    tax: sum(parts.map(({ tax }) => tax)),
  });
  expect(credited.net).toBeLessThanOrEqual(component.net);
  expect(credited.tax).toBeLessThanOrEqual(component.tax);
  for (const { code, amount, cancelled = 0, credited: refundedTax = 0 } of component.taxes ?? []) {
    expect(cancelled + refundedTax).toBe(sum(parts.map(({ taxes }) => amountOf(taxes, code))));
    expect(cancelled + refundedTax).toBeLessThanOrEqual(amount);
  }
}

describe('M5: amounts are made of net and taxes', () => {
  it('M5: every amount of a life is its net and its taxes, and the ledger counts them exactly', () => {
    const seen = { byCode: 0, included: 0, taken: 0 };
    fc.assert(
      fc.property(arbitraryLife(), (steps) => {
        const harness = createOrderHarness({ rules });
        liveThrough(harness, steps);
        if (harness.state === undefined) return;
        const { order } = harness.state;
        const components = componentsOf(order);
        for (const event of harness.events) {
          for (const part of partsOf(event)) expectMadeExactly(part, components.get(nameOf(part)));
        }
        const taken = harness.events.filter(lowersDebt).flatMap(partsOf);
        for (const [name, component] of components) {
          expectCounted(
            component,
            taken.filter((part) => nameOf(part) === name),
          );
        }
        seen.taken += taken.filter(({ tax }) => tax > 0).length;
        seen.byCode += taken.filter(({ taxes }) => taxes !== undefined).length;
        seen.included += order.lines.filter(({ taxIncluded }) => taxIncluded).length;
      }),
      { numRuns: runs },
    );
    // Lives without any tax would show nothing.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
  });

  const amounts = fc.nat({ max: 1_000_000 });
  const taxed = fc
    .tuple(amounts, fc.array(amounts, { maxLength: 4 }), fc.integer({ min: 1, max: 40 }))
    .map(([net, taxes, units]) => ({ net, taxes, units }));

  /** An order of one line, as its figures say, and paid. */
  function paidOrder({ net, taxes, units }: { net: number; taxes: number[]; units: number }) {
    const byCode = taxes.map((amount, at): Tax => ({ code: `tax-${at}`, amount }));
    const discount = (units - (net % units)) % units;
    const priced = { discount, taxes: byCode };
    const harness = createOrderHarness({ rules });
    harness.execute(place({ lines: [line('a', units, (net + discount) / units, priced)] }));
    harness.execute(sold(Math.max(1, net + sum(taxes))));
    const [placed] = harness.state?.order.lines ?? [];
    if (placed === undefined) throw new Error('no line');
    return { harness, placed };
  }

  /** Executes what asks for a refund and settles it; answers what was given back, if anything. */
  function refund(harness: OrderHarness, command: object): readonly Part[] {
    const before = harness.events.length;
    harness.execute(command);
    const asked = harness.events.slice(before).find(({ data }) => 'allocation' in data);
    if (asked === undefined) return [];
    const operationId = lastOperation({ harness });
    const objectId = `refund-${before}`;
    harness.execute(refunded(Number(asked.data['amount']), { operationId, objectId }));
    return partsOf(asked);
  }

  it('M5: the discounts of an order by code are exact by line and by code', () => {
    const prices = fc.array(fc.nat({ max: 100 }), { minLength: 1, maxLength: 6 });
    const weights = fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(prices, weights, (list, discounts) => {
        fc.pre(sum(discounts) <= sum(list));
        const harness = createOrderHarness({ rules });
        const byCode = discounts.map((amount, at) => ({ code: `code-${at}`, amount }));
        const lines = list.map((price, at) => line(`l${at}`, 1, price));
        harness.execute(place({ lines, discounts: byCode }));
        const placed = harness.state?.order.lines ?? [];
        expect(placed).toHaveLength(list.length);
        placed.forEach(({ net, discounts: own = [] }, at) => {
          expect(net + sum(own.map(({ amount }) => amount))).toBe(list[at]);
        });
        for (const { code, amount } of byCode) {
          expect(sum(placed.map(({ discounts: own }) => amountOf(own, code)))).toBe(amount);
        }
      }),
      { numRuns: runs },
    );
  });

  it('M5: unit by unit each figure has its share, up or down to a minor unit, and all sum up', () => {
    fc.assert(
      fc.property(taxed, (figures) => {
        const { harness, placed } = paidOrder(figures);
        const { units, net, taxes } = figures;
        const charged = chargedFor(placed);
        const parts = Array.from({ length: units }, (_, at) => {
          const [part] = refund(harness, refundUnits({ a: 1 }, 'correction'));
          const share = shareOfUnits(charged, units, at + 1) - shareOfUnits(charged, units, at);
          if (part !== undefined) expect(part.amount).toBe(share);
          return part;
        });
        // Of a unit that costs nothing there is nothing to refund, so no other comes after it.
        fc.pre(parts.every((part) => part !== undefined));
        for (const part of parts) {
          expect(Math.abs(part.net - net / units)).toBeLessThan(1);
          part.taxes?.forEach(({ amount }, at) => {
            expect(Math.abs(amount - (taxes[at] ?? 0) / units)).toBeLessThan(1);
          });
        }
        expect(sum(parts.map((part) => part.net))).toBe(net);
        expect(sum(parts.map((part) => part.tax))).toBe(sum(taxes));
      }),
      { numRuns: runs },
    );
  });

  it('M5: whatever goes back by units, by amounts or cancelled, all of a line ends as all of it', () => {
    const money = fc.nat({ max: 400_000 });
    const step = fc.oneof(
      fc.integer({ min: 1, max: 5 }).map((units) => refundUnits({ a: units }, 'correction')),
      fc.integer({ min: 1, max: 5 }).map((units) => ({
        type: 'order.cancel',
        lines: [{ lineId: 'a', units }],
      })),
      money.map((amount) => ofLine(amount + 1)),
    );
    const ofLine = (amount: number) => ({
      type: 'payment.refund',
      cause: 'correction',
      of: { kind: 'components', components: [{ component: 'line:a', amount }], currency: 'EUR' },
    });
    fc.assert(
      fc.property(taxed, fc.array(step, { maxLength: 8, size: 'max' }), (figures, steps) => {
        const { harness } = paidOrder(figures);
        const lineNow = () => harness.state?.order.lines[0] as Line;
        for (const command of steps) {
          refund(harness, command);
          const { net, tax } = creditedPrice(lineNow());
          expect(net).toBeLessThanOrEqual(lineNow().net);
          expect(tax).toBeLessThanOrEqual(lineNow().tax);
        }
        const left = chargedFor(lineNow()) - creditedPrice(lineNow()).amount;
        if (left > 0) refund(harness, ofLine(left));
        const { amount, net, tax, taxes } = creditedPrice(lineNow());
        fc.pre(amount === chargedFor(lineNow()));
        expect([net, tax]).toEqual([lineNow().net, lineNow().tax]);
        expect(taxes?.map((entry) => entry.amount)).toEqual(
          lineNow().taxes?.map((entry) => entry.amount),
        );
      }),
      { numRuns: runs },
    );
  });
});
