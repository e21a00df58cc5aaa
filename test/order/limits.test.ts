import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineExtension } from '../../src/order/extension.ts';
import { orderLimits } from '../../src/order/limits.ts';
import type { OrderState } from '../../src/rules/index.ts';
import { createOrderHarness, type OrderHarness } from '../../src/testing/harness.ts';
import { concede, credit, disputed, place, refundAmount, reportPayment, sold } from './commands.ts';

const text = (length: number) => 'x'.repeat(length);
const annotate = (metadata: object) => ({ type: 'order.annotate', metadata });

const notes = defineExtension({
  name: 'notes',
  data: { notes: [] as string[] },
  events: { 'notes.noted': z.strictObject({ text: z.string() }) },
  recipes: {
    'notes.noted': (data, { text: noted }) => {
      data.notes.push(noted);
    },
  },
  requests: { 'notes.ask': z.strictObject({ text: z.string() }) },
  reports: { 'notes.tell': z.strictObject({ text: z.string() }) },
  decide: {
    'notes.ask': ({ text: noted }) => [{ type: 'notes.noted', data: { text: noted } }],
    'notes.tell': ({ text: noted }) => [{ type: 'notes.noted', data: { text: noted } }],
  },
  regions: { notes: { initial: 'open', states: { open: { on: { 'notes.ask': {} } } } } },
});

/** The code of the rejection, or that there was none. */
function outcomeOf(harness: OrderHarness, command: object): string {
  const { events, state } = harness;
  const count = events.length;
  const decision = harness.execute(command);
  if (decision.status === 'accepted') return 'accepted';
  expect(harness.events).toHaveLength(count);
  expect(harness.state).toBe(state);
  const { code, figures } = decision.rejection;
  return `${code}: ${String(figures?.['what'])}`;
}

describe("an order's metadata", () => {
  const harness = createOrderHarness();

  it('have a limit, in bytes, at placing', () => {
    // Fewer than a million characters, and more than a million bytes.
    const command = place({ metadata: { text: '€'.repeat(400_000) } });
    expect(outcomeOf(harness, command)).toBe('orderTooLarge: metadata bytes');
    expect(harness.state).toBeUndefined();
  });

  it('have the same limit however many annotations there are', () => {
    expect(outcomeOf(harness, place({ metadata: { a: text(900_000) } }))).toBe('accepted');
    for (const key of ['b', 'c', 'd']) {
      const note = annotate({ [key]: text(900_000) });
      expect(outcomeOf(harness, note)).toBe('orderTooLarge: metadata bytes');
    }
    expect(outcomeOf(harness, annotate({ a: null, b: text(900_000) }))).toBe('accepted');
    expect(harness.state?.order.metadata).toEqual({ b: text(900_000) });
  });
});

describe('the whole order', () => {
  const harness = createOrderHarness({ extensions: [notes] });
  const tell = (at: number) => ({
    type: 'notes.tell',
    source: 'one',
    reportId: `report-${at}`,
    text: text(500_000),
  });

  it('has a limit for requests, those of extensions included', () => {
    harness.execute(place());
    const ask = { type: 'notes.ask', text: text(900_000) };
    expect([1, 2, 3].map(() => outcomeOf(harness, ask))).toEqual([
      'accepted',
      'accepted',
      'orderTooLarge: bytes',
    ]);
  });

  it('goes on being told what happened, up to a higher limit', () => {
    const told = [1, 2, 3, 4, 5].map((at) => outcomeOf(harness, tell(at)));
    expect(told).toEqual([
      ...['accepted', 'accepted', 'accepted', 'accepted'],
      'orderTooLarge: bytes',
    ]);
    expect(outcomeOf(harness, sold(10_000))).toBe('accepted');
  });

  it('may still end: what gives back meets the higher limit, and what shrinks it meets none', () => {
    const hold = { type: 'order.hold', reason: 'stock' };
    expect(outcomeOf(harness, hold)).toBe('orderTooLarge: bytes');
    expect(outcomeOf(harness, refundAmount(100))).toBe('accepted');
  });
});

describe('the entries of an order', () => {
  const { rules } = createOrderHarness();

  /** An order of which `count` movements were reported. */
  function withMovements(count: number): OrderHarness {
    const first = createOrderHarness({ rules });
    first.execute(place());
    first.execute(sold(10_000));
    const state = first.state as OrderState;
    const [payment] = state.order.payments;
    if (payment === undefined) throw new Error('no payment');
    const rest = { amount: 0, sale: false, operationId: null };
    const more = Array.from({ length: count - payment.movements.length }, (_, at) => ({
      kind: 'failed' as const,
      objectId: `object-${at}`,
      ...rest,
    }));
    const movements = [...payment.movements, ...more];
    const order = { ...state.order, payments: [{ ...payment, movements }] };
    return createOrderHarness({ rules, state: { ...state, order } });
  }

  const writeOff = (creditId: string) =>
    credit('writeOff', { kind: 'amount', amount: 1, currency: 'EUR' }, creditId);

  const fail = (objectId: string) => reportPayment('authorizationFailed', undefined, { objectId });

  it('are limited for requests, and less narrowly for reports and what gives back', () => {
    const harness = withMovements(orderLimits.requests.entries);
    const hold = { type: 'order.hold', reason: 'stock' };
    expect(outcomeOf(harness, hold)).toBe('orderTooLarge: entries');
    expect(outcomeOf(harness, fail('one more'))).toBe('accepted');
    expect(outcomeOf(harness, refundAmount(100))).toBe('accepted');
    expect(outcomeOf(harness, writeOff('c1'))).toBe('accepted');
  });

  it('count credits, which a limit ends as well', () => {
    const harness = withMovements(orderLimits.all.entries - 3);
    // The payment itself is an entry.
    expect(outcomeOf(harness, writeOff('c1'))).toBe('accepted');
    expect(outcomeOf(harness, writeOff('c2'))).toBe('accepted');
    expect(outcomeOf(harness, writeOff('c3'))).toBe('orderTooLarge: entries');
  });

  it('count disputes, of which an order at its limit can still give one up', () => {
    const harness = withMovements(orderLimits.all.entries - 2);
    expect(outcomeOf(harness, disputed('Opened'))).toBe('accepted');
    expect(outcomeOf(harness, concede())).toBe('accepted');
    const another = disputed('Opened', undefined, { objectId: 'dp_2' });
    expect(outcomeOf(harness, another)).toBe('orderTooLarge: entries');
    expect(outcomeOf(harness, disputed('Lost', 100))).toBe('accepted');
  });

  it('are limited for reports too, and one that was told before is still known', () => {
    const harness = withMovements(orderLimits.all.entries);
    expect(outcomeOf(harness, fail('one more'))).toBe('orderTooLarge: entries');
    expect(outcomeOf(harness, fail('object-0'))).toBe('accepted');
  });
});
