import { describe, expect, it } from 'vitest';
import type { Then } from '../../src/testing/specification.ts';
import { delivered, dispatched, line, paid, place, sold, unitsOf } from './commands.ts';

const openOf = ({ harness }: Then) => harness.state?.order.discrepancies.open ?? [];
const resolve = (outcome: Then, note = 'counted again: three it is') => ({
  type: 'discrepancy.resolve',
  discrepancyId: openOf(outcome)[0]?.id ?? 'none',
  note,
});

describe('a discrepancy', () => {
  const two = place({ lines: [line('a', 2, 5000)] });

  it('holds requests back, and says which law is broken', () => {
    paid
      .given(two, sold(10_000), delivered({ a: 1 }))
      .when({ type: 'shipment.dispatch', shipmentId: 's2', lines: unitsOf({ a: 1 }) })
      .thenRejected('guardRefused', { guard: 'holdClear' });
  });

  it('that somebody accepts with a note is resolved, and holds nothing back any more', () => {
    const outcome = paid.given(two, sold(10_000)).when(dispatched({ a: 3 }));
    outcome.thenStatus({ hold: 'held' });
    outcome.harness.execute(resolve(outcome));
    outcome.thenStatus({ hold: 'clear' });
    expect(outcome.harness.events.at(-1)).toMatchObject({
      type: 'discrepancy.resolved',
      data: { cause: 'accepted', law: 'Q1', note: 'counted again: three it is' },
    });
  });

  it('is accepted with its own figures, and the others stay open', () => {
    const lines = [line('a', 2, 2_500), line('b', 2, 2_500)];
    const outcome = paid
      .given(place({ lines }), sold(10_000))
      .when(dispatched({ a: 3, b: 4 }), delivered({ b: 5 }));
    const accepted = (law: string, subject: string) => {
      const found = openOf(outcome).find((each) => each.law === law && each.subject === subject);
      outcome.harness.execute({ ...resolve(outcome), discrepancyId: found?.id ?? 'none' });
      return outcome.harness.events.at(-1)?.data;
    };
    expect(openOf(outcome)).toHaveLength(3);
    expect(accepted('Q2', 'line:b')).toMatchObject({ figures: { shipped: 4, delivered: 5 } });
    expect(accepted('Q1', 'line:b')).toMatchObject({ figures: { ordered: 2, shipped: 4 } });
    expect(openOf(outcome)).toHaveLength(1);
    outcome.thenStatus({ hold: 'held' });
    expect(accepted('Q1', 'line:a')).toMatchObject({ figures: { ordered: 2, shipped: 3 } });
    outcome.thenStatus({ hold: 'clear' });
  });

  it('is another one when the figures change after it was accepted', () => {
    const outcome = paid.given(two, sold(10_000)).when(dispatched({ a: 3 }));
    outcome.harness.execute(resolve(outcome));
    outcome.harness.execute(dispatched({ a: 4 }));
    outcome.thenStatus({ hold: 'held' });
    expect(openOf(outcome)).toHaveLength(1);
  });

  it('cannot be resolved under an id that is not open', () => {
    const outcome = paid.given(two, sold(10_000)).when(dispatched({ a: 3 }));
    const wrong = { ...resolve(outcome), discrepancyId: 'another' };
    expect(outcome.harness.execute(wrong)).toMatchObject({
      status: 'rejected',
      rejection: { code: 'unknownReference' },
    });
  });

  it('does not stop a confirmation, for then reports would not commute', () => {
    paid
      .given(two, delivered({ a: 1 }))
      .when(sold(10_000))
      .thenStatus({ lifecycle: 'confirmed', hold: 'held' });
  });

  it('counts as what it is about: each payment, line and law has its own', () => {
    const outcome = paid.given(two).when(delivered({ a: 3 }));
    expect(openOf(outcome).map(({ law, subject }) => `${law} ${subject}`)).toEqual(['Q2 line:a']);
    outcome.harness.execute(dispatched({ a: 3 }));
    expect(openOf(outcome).map(({ law, subject }) => `${law} ${subject}`)).toEqual([
      'Q1 line:a',
      'F1 order',
    ]);
  });
});
