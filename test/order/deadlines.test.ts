import { describe, expect, it } from 'vitest';
import { orderSpecification, type Then } from '../../src/testing/specification.ts';
import {
  credit,
  delivered,
  dispatch,
  line,
  paid,
  place,
  refundAmount,
  reportReturn,
  sold,
  unitsOf,
} from './commands.ts';

// A deadline is set only for what it leads to: otherwise it would fire for ever.

const auto = orderSpecification({ policy: { confirmWhen: 'paid', settleCredits: 'auto' } });
const goodwill = credit('goodwill', { kind: 'amount', amount: 1_000, currency: 'EUR' });
const two = place({ lines: [line('a', 1, 10_000), line('b', 1, 10_000)] });
const delivery = [two, sold(20_000), dispatch({ a: 1, b: 1 }), delivered({ a: 1, b: 1 })];
const requested = { type: 'return.request', returnId: 'r1', lines: unitsOf({ a: 1, b: 1 }) };
const approved = { type: 'return.approve', returnId: 'r1' };

const exchange = {
  type: 'exchange.request',
  exchangeId: 'x1',
  returnId: 'r1',
  back: unitsOf({ a: 1 }),
  out: [line('c', 1, 10_000)],
  ship: 'inAdvance',
};

function namesOf({ harness }: Pick<Then, 'harness'>): readonly string[] {
  return (harness.state?.deadlines ?? []).map(({ name }) => name);
}

describe('money that is owed has a deadline', () => {
  it('when the engine pays it back', () => {
    expect(namesOf(auto.given(place(), sold(10_000)).when(goodwill))).toEqual(['refund.owed']);
  });

  it('not when the host does', () => {
    expect(namesOf(paid.given(place(), sold(10_000)).when(goodwill))).toEqual([]);
  });

  it('nor when nothing is owed, or it is on its way', () => {
    expect(namesOf(auto.given(place()).when(sold(10_000)))).toEqual([]);
    expect(namesOf(auto.given(place(), sold(10_000)).when(refundAmount(1_000)))).toEqual([]);
  });
});

describe('a return has a deadline', () => {
  it('once it is approved', () => {
    expect(namesOf(paid.given(...delivery).when(requested))).toEqual([]);
    expect(namesOf(paid.given(...delivery, requested).when(approved))).toEqual(['return:r1']);
  });

  it('until the last of its units came, of every line', () => {
    const asked = paid.given(...delivery, requested, approved);
    const came = asked.when(reportReturn('received', { a: 1 }));
    expect(namesOf(came)).toEqual(['return:r1']);
    came.harness.execute(reportReturn('received', { b: 1 }));
    expect(namesOf(came)).toEqual([]);
  });

  it('and none when it is declined or closed', () => {
    for (const type of ['return.decline', 'return.close']) {
      expect(namesOf(paid.given(...delivery, requested).when({ type, returnId: 'r1' }))).toEqual(
        [],
      );
    }
    const close = { type: 'return.close', returnId: 'r1' };
    expect(namesOf(paid.given(...delivery, requested, approved).when(close))).toEqual([]);
  });
});

it('an exchange has a deadline only while something that came back is to be credited', () => {
  const asked = paid.given(...delivery).when(exchange);
  expect(namesOf(asked)).toEqual(['return:r1']);
  asked.harness.execute(reportReturn('received', { a: 1 }));
  asked.harness.execute(reportReturn('inspected', undefined, { accepted: unitsOf({ a: 1 }) }));
  expect(namesOf(asked)).toEqual(['exchange:x1']);
});

describe('a deadline that the order waits for no more', () => {
  const fire = (outcome: Then, name: string, dueAt: number, stored: readonly object[]) => {
    const { rules, state, now } = outcome.harness;
    if (state === undefined) throw new Error('there is no order');
    const environment = { tenantId: 'test', orderId: 'order-1', now, newId: () => 'new' };
    const deadlines = stored as typeof state.deadlines;
    return rules.fire({ ...state, deadlines }, { name, dueAt }, environment);
  };

  it('does nothing when it was stored before the return, proposal or exchange ended', () => {
    const closed = paid
      .given(...delivery, requested, approved)
      .when({ type: 'return.close', returnId: 'r1' });
    for (const name of ['return:r1', 'return:none', 'amendment:none', 'exchange:none']) {
      const stored = [{ name, dueAt: 5 }];
      expect(fire(closed, name, 5, stored)).toMatchObject({ events: [], changed: true });
    }
  });

  it('does nothing for another document than its own', () => {
    const add = [line('c', 1, 1_000)];
    const proposal = (amendmentId: string) => ({ type: 'amendment.propose', amendmentId, add });
    const declined = { type: 'amendment.decline', amendmentId: 'm1' };
    const proposed = paid
      .given(place(), sold(10_000), proposal('m1'), proposal('m2'))
      .when(declined);
    for (const name of ['amendment:m1', 'amendment:none']) {
      expect(fire(proposed, name, 5, [{ name, dueAt: 5 }])).toMatchObject({ events: [] });
    }
    const back = unitsOf({ a: 1 });
    const exchanged = paid
      .given(...delivery, exchange, reportReturn('received', { a: 1 }))
      .when(reportReturn('inspected', undefined, { accepted: back }));
    const name = 'exchange:none';
    expect(fire(exchanged, name, 5, [{ name, dueAt: 5 }])).toMatchObject({ events: [] });
  });

  it('does nothing at another time, or under another name, than it is set for', () => {
    const asked = paid.given(...delivery, requested).when(approved);
    const stored = [{ name: 'return:r1', dueAt: 5 }];
    expect(fire(asked, 'return:r1', 4, stored)).toMatchObject({ events: [], changed: false });
    expect(fire(asked, 'refund.due', 5, stored)).toMatchObject({ events: [], changed: false });
    expect(fire(asked, 'return:r1', 5, stored)).toMatchObject({
      events: [{ type: 'return.closed' }, { type: 'order.completed' }],
    });
  });

  it('leaves the other deadlines as they are', () => {
    const asked = paid.given(place()).when();
    const unpaid = asked.harness.state?.deadlines ?? [];
    const stored = [{ name: 'refund.due', dueAt: 5 }, ...unpaid];
    const fired = fire(asked, 'refund.due', 5, stored);
    expect(fired).toMatchObject({ state: { deadlines: unpaid }, events: [] });
  });
});
