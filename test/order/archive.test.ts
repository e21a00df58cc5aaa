import { describe, expect, it } from 'vitest';
import { later } from '../../src/testing/specification.ts';
import {
  cancel,
  day,
  delivered,
  dispatched,
  lastOperation,
  paid,
  place,
  refunded,
  sold,
} from './commands.ts';

// An order is archived once it has been over for as long as its policy keeps it.

const archive = { type: 'order.archive' };
const hour = 3_600_000;
const kept = 90 * day;

describe('an order is kept for its retention, counted from its end', () => {
  it.each([
    ['completed', [sold(10_000), dispatched({ a: 1 }), later(2 * hour), delivered({ a: 1 })]],
    ['cancelled', [later(2 * hour), cancel()]],
    ['expired', [later(day)]],
  ])('%s', (end, steps) => {
    const over = paid.given(place(), ...steps).when();
    over.thenStatus({ lifecycle: end });
    over.harness.advance(kept - 1);
    expect(over.harness.execute(archive)).toMatchObject({
      rejection: { code: 'guardRefused', guard: 'retentionPassed' },
    });
    over.harness.advance(1);
    expect(over.harness.execute(archive)).toMatchObject({ status: 'accepted' });
    over.thenStatus({ lifecycle: 'archived' });
    over.thenOrder(({ archivedAt }) => expect(archivedAt).toBe(over.harness.now));
  });

  it('counted from the later of two ends', () => {
    const late = paid.given(place(), later(day)).when(later(day), sold(10_000), later(0));
    late.harness.execute(refunded(10_000, { operationId: lastOperation(late) }));
    late.thenStatus({ lifecycle: 'cancelled' });
    late.harness.advance(kept - 1);
    expect(late.harness.execute(archive)).toMatchObject({
      rejection: { guard: 'retentionPassed' },
    });
    late.harness.advance(1);
    expect(late.harness.execute(archive)).toMatchObject({ status: 'accepted' });
  });
});

it('an order that is opened again has no time at which it completed', () => {
  paid
    .given(place(), sold(10_000), dispatched({ a: 1 }), delivered({ a: 1 }))
    .when({ type: 'return.request', returnId: 'r1', lines: [{ lineId: 'a', units: 1 }] })
    .thenEvents('return.requested', 'order.reopened')
    .thenOrder(({ completedAt }) => expect(completedAt).toBeNull());
});
