import { describe, expect, it } from 'vitest';
import type { Then } from '../../src/testing/specification.ts';
import { delivered, dispatch, line, paid, place, reportReturn, sold, unitsOf } from './commands.ts';

// What is asked for and told of returns: whose it is, and what it adds.

const two = place({ lines: [line('a', 3, 10_000), line('b', 2, 10_000)] });
const bought = [two, sold(50_000)];
const arrived = [...bought, dispatch({ a: 3, b: 2 }), delivered({ a: 3, b: 2 })];
const ask = (units: Record<string, number>, returnId = 'r1') => ({
  type: 'return.request',
  returnId,
  lines: unitsOf(units),
});
const ofReturn = (type: string, returnId = 'r1') => ({ type, returnId });

describe('a return', () => {
  it('counts on its lines what is asked for and has not come', () => {
    const requested = ({ harness }: Then) =>
      harness.state?.order.lines.map(({ returnRequested }) => returnRequested);
    const asked = paid.given(...arrived, ask({ a: 2, b: 1 })).when(ask({ a: 1 }, 'r2'));
    expect(requested(asked)).toEqual([3, 1]);
    asked.harness.execute(reportReturn('received', { a: 1 }));
    expect(requested(asked)).toEqual([2, 1]);
    asked.harness.execute(ofReturn('return.decline', 'r2'));
    expect(requested(asked)).toEqual([1, 1]);
    asked.harness.execute(reportReturn('received', { a: 3, b: 2 }));
    expect(requested(asked)).toEqual([0, 0]);
    asked.harness.execute(ofReturn('return.close'));
    expect(requested(asked)).toEqual([0, 0]);
    asked.thenOrder(({ lines }) => expect(lines.map(({ returned }) => returned)).toEqual([3, 2]));
  });

  it('that nobody asked for has nothing but what was told of it', () => {
    const nothing = { requested: [], inTransit: [], received: [], accepted: [], rejected: [] };
    const unasked = { id: 'r1', decision: 'open', approvedAt: null, isClosed: false };
    paid
      .given(...arrived)
      .when(reportReturn('inTransit', { a: 1 }))
      .thenOrder(({ returns, lines }) => {
        expect(returns).toEqual([{ ...unasked, ...nothing, inTransit: unitsOf({ a: 1 }) }]);
        expect(lines.map(({ returned }) => returned)).toEqual([0, 0]);
      });
  });

  it('adds by each report what is new to it, of its own units', () => {
    const asked = paid.given(...arrived, ask({ a: 2 }), ask({ a: 1 }, 'r2')).when();
    const told = (
      outcome: string,
      units: Record<string, number> | undefined,
      more: object = {},
    ) => {
      asked.harness.execute(reportReturn(outcome, units, { ...more }));
      return asked.harness.events.findLast(({ type }) => type.startsWith('return.'))?.data;
    };
    expect(told('inTransit', { a: 1 })).toMatchObject({ delta: unitsOf({ a: 1 }) });
    expect(told('inTransit', { a: 2 })).toMatchObject({ delta: unitsOf({ a: 1 }) });
    expect(told('received', { a: 1 })).toMatchObject({ delta: unitsOf({ a: 1 }) });
    expect(told('received', { a: 2 })).toMatchObject({ delta: unitsOf({ a: 1 }) });
    const second = { returnId: 'r2' };
    expect(told('received', { a: 1 }, second)).toMatchObject({ delta: unitsOf({ a: 1 }) });
    const judged = (accepted: number, rejected: number) =>
      told('inspected', undefined, {
        accepted: unitsOf({ a: accepted }),
        rejected: unitsOf({ a: rejected }),
      });
    expect(judged(1, 1)).toMatchObject({
      acceptedDelta: unitsOf({ a: 1 }),
      rejectedDelta: unitsOf({ a: 1 }),
    });
    expect(judged(2, 1)).toMatchObject({ acceptedDelta: unitsOf({ a: 1 }), rejectedDelta: [] });
    const accepted = unitsOf({ a: 1 });
    expect(told('inspected', undefined, { ...second, accepted })).toMatchObject({
      accepted,
      rejected: [],
      rejectedDelta: [],
    });
    expect(told('sentBack', { a: 1 })).toMatchObject({ delta: unitsOf({ a: 1 }) });
    expect(told('sentBack', { a: 2 })).toMatchObject({
      lines: unitsOf({ a: 2 }),
      delta: unitsOf({ a: 1 }),
    });
  });

  it('is over when what came was sent back before anybody judged it', () => {
    const asked = paid.given(...arrived, ask({ a: 1 })).when(reportReturn('received', { a: 1 }));
    asked.thenStatus({ lifecycle: 'confirmed', returns: 'received' });
    asked.harness.execute(reportReturn('sentBack', { a: 1 }));
    asked.thenStatus({ lifecycle: 'completed', returns: 'none' });
  });

  it('keeps its reason, if one is told', () => {
    const reasons = (fields: object) => {
      const asked = paid.given(...arrived, { ...ask({ a: 1 }), ...fields });
      const { harness } = asked.when({ ...ofReturn('return.decline'), ...fields });
      return harness.events
        .filter(({ type }) => type === 'return.requested' || type === 'return.declined')
        .map(({ data }) => data['reason']);
    };
    expect(reasons({ reason: 'damaged' })).toEqual(['damaged', 'damaged']);
    expect(reasons({})).toEqual([null, null]);
  });

  it('may be judged before anybody told that it came', () => {
    paid
      .given(...arrived)
      .when(reportReturn('inspected', undefined, { accepted: unitsOf({ a: 1 }) }))
      .thenEvents('return.inspected')
      .thenOrder(({ returns }) => {
        expect(returns).toMatchObject([{ accepted: unitsOf({ a: 1 }), rejected: [] }]);
      });
  });

  it('is not told of a line that is not there', () => {
    for (const report of [
      reportReturn('received', { z: 1 }),
      reportReturn('inspected', undefined, { accepted: unitsOf({ z: 1 }) }),
      reportReturn('inspected', undefined, { rejected: unitsOf({ z: 1 }) }),
    ]) {
      paid
        .given(...arrived, ask({ a: 1 }))
        .when(report)
        .thenRejected('unknownReference', { figures: { lineId: 'z' } });
    }
    paid
      .given(...arrived)
      .when(ask({ z: 1 }))
      .thenRejected('unknownReference');
  });

  it('is answered once, and only if it is there', () => {
    for (const answer of ['return.approve', 'return.decline']) {
      for (const first of ['return.approve', 'return.decline', 'return.close']) {
        paid
          .given(...arrived, ask({ a: 1 }, 'r0'), ask({ a: 1 }), ofReturn(first))
          .when(ofReturn(answer))
          .thenRejected('alreadyUsed', { figures: { returnId: 'r1' } });
      }
      paid
        .given(...arrived, ask({ a: 1 }))
        .when(ofReturn(answer, 'r9'))
        .thenRejected('unknownReference', { figures: { returnId: 'r9' } });
    }
    paid
      .given(...arrived, ask({ a: 1 }))
      .when(ask({ b: 1 }))
      .thenRejected('alreadyUsed', { figures: { id: 'r1' } });
  });
});
