import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventSchemas, isEventType } from '../../src/order/events/events.ts';
import { maximumAmount } from '../../src/order/money.ts';
import { arbitraryLife, arbitraryReport } from '../../src/testing/arbitraries.ts';
import { arbitraryPlace, extremePools } from '../../src/testing/arbitrary-place.ts';
import { createOrderHarness, type OrderHarness } from '../../src/testing/harness.ts';
import { liveThrough } from '../../src/testing/life.ts';
import { authorized, place } from '../order/commands.ts';

/** Compiled once: what is learned in one run serves the next. */
const { rules } = createOrderHarness();

const runs = Number(process.env['ORDERCHART_LAW_RUNS'] ?? 300);

function expectPublishedForm({ events }: OrderHarness, from: number): void {
  for (const { type, data } of events.slice(from)) {
    if (isEventType(type)) expect(eventSchemas[type].parse(data)).toEqual(data);
  }
}

describe('amounts at the limit of a single one', () => {
  it('M8: every event of an extreme life has the data that its schema describes', () => {
    let placed = 0;
    let atLimit = 0;
    fc.assert(
      fc.property(arbitraryLife(extremePools), (steps) => {
        const harness = createOrderHarness({ rules });
        liveThrough(harness, steps);
        expectPublishedForm(harness, 0);
        placed += harness.state === undefined ? 0 : 1;
        atLimit += harness.events.filter(({ data }) => data['amount'] === maximumAmount).length;
      }),
      { numRuns: runs },
    );
    // Lives in which nothing was placed, or no amount was extreme, would show nothing. A third of the
    // orders can be placed: a sixth is six standard deviations away at 300 runs, a quarter only three.
    expect(placed).toBeGreaterThan(runs / 6);
    expect(atLimit).toBeGreaterThan(0);
  });

  it('M8: what has to go back by itself is asked for in operations that their schemas describe', () => {
    let asked = 0;
    const report = arbitraryReport(extremePools);
    // Of reports of every kind one life in eighty asks for money back: too few to be sure of one.
    const ofPayments = report.filter(({ type }) => type === 'payment.report');
    const length = { minLength: 8, maxLength: 20, size: 'max' } as const;
    fc.assert(
      fc.property(
        arbitraryPlace(extremePools),
        fc.oneof(fc.array(report, length), fc.array(ofPayments, length)),
        (place, reports) => {
          const harness = createOrderHarness({ rules });
          liveThrough(harness, [place, ...reports, { type: 'order.cancel' }, 90_000_000]);
          expectPublishedForm(harness, 0);
          asked += harness.events.filter(({ type }) => /(void|refund)_requested/.test(type)).length;
        },
      ),
      { numRuns: runs },
    );
    expect(asked).toBeGreaterThan(0);
  });

  it('M8: a report is refused where all that was reported would not add up exactly', () => {
    const harness = createOrderHarness({ rules });
    harness.execute(place());
    const tell = (at: number) =>
      harness.execute(authorized(maximumAmount, { objectId: `object-${at}` }));
    const most = Math.floor(Number.MAX_SAFE_INTEGER / maximumAmount);
    for (let at = 0; at < most; at += 1) expect(tell(at).status).toBe('accepted');
    const before = harness.state;
    const refused = tell(most);
    expect(refused).toMatchObject({ status: 'rejected', rejection: { law: 'M8' } });
    expect(harness.state).toBe(before);
    // What still adds up is recorded as before.
    expect(harness.execute(authorized(1, { objectId: 'small' })).status).toBe('accepted');
  });
});
