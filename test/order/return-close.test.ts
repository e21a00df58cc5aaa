import { describe, expect, it } from 'vitest';
import { later } from '../../src/testing/specification.ts';
import {
  day,
  delivered,
  dispatch,
  line,
  paid,
  place,
  refundUnits,
  sold,
  unitsOf,
} from './commands.ts';

// A return that was approved must not keep the order open for ever.

const request = (units: Record<string, number>, returnId = 'r1') => ({
  type: 'return.request',
  returnId,
  lines: unitsOf(units),
});
const approve = (returnId = 'r1') => ({ type: 'return.approve', returnId });
const close = (returnId = 'r1') => ({ type: 'return.close', returnId });
let reports = 0;
const report = (outcome: string, units: object) => {
  reports += 1;
  const by = { source: 'warehouse', reportId: `w-${reports}` };
  return { type: 'return.report', returnId: 'r1', outcome, ...units, ...by };
};
const received = (units: Record<string, number>) => report('received', { lines: unitsOf(units) });
const inspected = (units: Record<string, number>) =>
  report('inspected', { accepted: unitsOf(units) });
const two = place({ lines: [line('a', 2, 10_000)] });
const delivery = [two, sold(20_000), dispatch({ a: 2 }), delivered({ a: 2 })];

describe('a return is closed', () => {
  it('by its deadline when the goods never come, and the order completes', () => {
    const given = paid.given(...delivery, request({ a: 1 }), approve());
    const before = given.when(later(30 * day - 1));
    before.thenStatus({ lifecycle: 'confirmed', returns: 'requested' });
    before.harness.advance(1);
    before.thenStatus({ lifecycle: 'completed', returns: 'none' });
    expect(before.harness.events.findLast(({ type }) => type === 'return.closed')?.data).toEqual({
      returnId: 'r1',
      cause: 'timeout',
    });
  });

  it('by its deadline when a part came and was inspected', () => {
    paid
      .given(
        ...delivery,
        request({ a: 2 }),
        approve(),
        received({ a: 1 }),
        inspected({ a: 1 }),
        refundUnits({ a: 1 }, 'return'),
      )
      .when(later(30 * day))
      .thenStatus({ returns: 'settled' });
  });

  it('by its deadline when one line came whole, and another never', () => {
    const lines = [line('a', 1, 10_000), line('b', 1, 10_000)];
    const both = { a: 1, b: 1 };
    paid
      .given(
        place({ lines }),
        sold(20_000),
        dispatch(both),
        delivered(both),
        request(both),
        approve(),
        received({ a: 1 }),
        inspected({ a: 1 }),
      )
      .when(later(30 * day))
      .thenEvents('return.closed', 'order.completed')
      .thenStatus({ returns: 'settled' });
  });

  it('each by its own deadline', () => {
    const given = paid.given(
      ...delivery,
      request({ a: 1 }),
      approve(),
      later(day),
      request({ a: 1 }, 'r2'),
      approve('r2'),
    );
    const first = given.when(later(29 * day));
    const closed = () =>
      first.harness.state?.order.returns.filter(({ isClosed }) => isClosed).map(({ id }) => id);
    expect(closed()).toEqual(['r1']);
    first.harness.advance(day);
    expect(closed()).toEqual(['r1', 'r2']);
  });

  it('by request, also one that came and was never inspected', () => {
    paid
      .given(...delivery, request({ a: 1 }), approve(), received({ a: 1 }))
      .when(close())
      .thenEvents('return.closed', 'order.completed');
  });

  it('and what comes afterwards is recorded and may be credited', () => {
    paid
      .given(...delivery, request({ a: 1 }), approve(), close(), received({ a: 1 }))
      .when(refundUnits({ a: 1 }, 'return'))
      .thenStatus({ refund: 'pending' });
  });
});

describe('a return is not closed', () => {
  it('by a deadline when all of it came: somebody has to inspect it', () => {
    const given = paid.given(...delivery, request({ a: 1 }), approve(), received({ a: 1 }));
    const { harness } = given.when(later(60 * day));
    expect(harness.state?.order.returns[0]?.isClosed).toBe(false);
    expect(harness.state?.deadlines).toEqual([]);
  });

  it('twice, nor when it was declined, nor when there is none', () => {
    paid
      .given(...delivery, request({ a: 1 }), close())
      .when(close())
      .thenRejected('alreadyUsed');
    paid
      .given(...delivery, request({ a: 1 }), { type: 'return.decline', returnId: 'r1' })
      .when(close())
      .thenRejected('alreadyUsed');
    paid
      .given(...delivery)
      .when(close('r9'))
      .thenRejected('unknownReference');
  });

  it('and approved afterwards', () => {
    paid
      .given(...delivery, request({ a: 1 }), close())
      .when(approve())
      .thenRejected('alreadyUsed');
  });
});
