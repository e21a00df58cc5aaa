import { describe, expect, it } from 'vitest';
import { createOrderHarness } from '../../src/testing/harness.ts';
import { authorized, unitsOf } from './commands.ts';
import {
  disputing,
  type Expected,
  type Lifecycle,
  type Reached,
  type Situation,
  situations,
  table,
} from './transition-table.ts';

function harnessIn(situation: Reached) {
  const harness = createOrderHarness({ policy: { confirmWhen: 'paid' } });
  for (const step of situations[situation]) {
    if (typeof step === 'number') harness.advance(step);
    else expect(harness.execute(step).status).toBe('accepted');
  }
  return harness;
}

function explained(situation: Reached): Record<string, Expected> {
  const { rules, state, now } = harnessIn(situation);
  if (state === undefined) throw new Error('no order');
  const environment = { tenantId: 'test', orderId: 'order-1', now, newId: () => 'id' };
  return Object.fromEntries(
    rules.explain(state, environment).map(({ type, legal, rejection }) => {
      if (legal) return [type, 'legal'];
      return [type, rejection?.code === 'notInThisState' ? 'state' : `guard ${rejection?.guard}`];
    }),
  );
}

describe('which request is legal where', () => {
  it.each(Object.keys(table) as Situation[])('%s', (situation) => {
    expect(explained(situation)).toEqual(table[situation]);
  });

  it('an open dispute makes legal what is about it, and changes nothing else', () => {
    expect(explained('disputed')).toEqual({ ...table.confirmed, ...disputing('legal') });
  });

  it.each(['pending', 'confirmed', 'completed', 'cancelling', 'cancelled', 'expired', 'archived'])(
    'the way to %s leads there',
    (lifecycle) => {
      expect(harnessIn(lifecycle as Lifecycle).state?.status['lifecycle']).toBe(lifecycle);
    },
  );

  it('reports are recorded in every situation, the archive included', () => {
    for (const situation of Object.keys(situations) as Reached[]) {
      const harness = harnessIn(situation);
      const { length } = harness.events;
      const report = authorized(700, { paymentId: 'late', objectId: 'late' });
      expect(harness.execute(report).status).toBe('accepted');
      expect(harness.events.slice(length).map(({ type }) => type)).toContain('payment.authorized');
    }
  });

  it('a refused request says why, with figures', () => {
    const harness = harnessIn('held');
    const dispatch = { type: 'shipment.dispatch', shipmentId: 's1', lines: unitsOf({ a: 1 }) };
    expect(harness.execute(dispatch)).toMatchObject({
      status: 'rejected',
      rejection: { code: 'guardRefused', guard: 'holdClear', figures: { reason: 'fraud' } },
    });
  });
});
