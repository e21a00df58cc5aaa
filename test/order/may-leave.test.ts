import { describe, expect, it } from 'vitest';
import type { OrderState } from '../../src/rules/index.ts';
import type { Then } from '../../src/testing/specification.ts';
import {
  authorized,
  byAuthorization,
  captured,
  dispatch,
  line,
  place,
  reportPayment,
} from './commands.ts';

// What may happen now: one command in full, or every request as far as the chart alone can tell.

function explain({ harness }: Then, command?: object) {
  const { rules, state, now } = harness;
  const environment = { tenantId: 'test', orderId: 'order-1', now, newId: () => 'new' };
  const parsed = command && rules.parse({ orderId: 'order-1', ...command });
  return rules.explain(state as OrderState, environment, parsed);
}

describe('one command is explained in full', () => {
  const authorizedOrder = () => byAuthorization.given(place(), authorized(10_000)).when();

  it('legal, with the guards that were asked', () => {
    const explained = explain(authorizedOrder(), dispatch({ a: 1 }));
    expect(explained).toMatchObject([{ type: 'shipment.dispatch', legal: true }]);
    expect(explained[0]?.trail).toContainEqual({ guard: 'holdClear', answer: true });
    expect(explained[0]?.rejection).toBeUndefined();
  });

  it('refused by a law, although the chart alone permits it', () => {
    expect(explain(authorizedOrder(), dispatch({ a: 2 }))).toMatchObject([
      { type: 'shipment.dispatch', legal: false, rejection: { code: 'lawBroken', law: 'Q1' } },
    ]);
  });
});

describe('a dispatch of no named units is explained by the cheapest that could leave', () => {
  const mayLeave = (lines: readonly object[], money: number, ...sent: readonly object[]) => {
    const given = byAuthorization.given(
      place({ lines }),
      authorized(100_000),
      captured(money),
      ...sent,
      reportPayment('authorizationExpired'),
    );
    return explain(given.when()).find(({ type }) => type === 'shipment.dispatch')?.legal;
  };
  const cheap = line('cheap', 1, 2_000);
  const dear = line('dear', 1, 10_000);

  it('wherever its line stands', () => {
    for (const lines of [
      [cheap, dear],
      [dear, cheap],
    ]) {
      expect(mayLeave(lines, 1_999)).toBe(false);
      expect(mayLeave(lines, 2_000)).toBe(true);
    }
  });

  it('by the price of one unit, not of its line', () => {
    const lines = [line('one', 1, 5_000), line('many', 2, 3_000)];
    expect(mayLeave(lines, 2_999)).toBe(false);
    expect(mayLeave(lines, 3_000)).toBe(true);
  });

  it('and not by one that is gone', () => {
    for (const lines of [
      [cheap, dear],
      [dear, cheap],
    ]) {
      expect(mayLeave(lines, 11_999, dispatch({ cheap: 1 }))).toBe(false);
      expect(mayLeave(lines, 12_000, dispatch({ cheap: 1 }))).toBe(true);
    }
  });
});
