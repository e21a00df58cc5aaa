import { describe, expect, it } from 'vitest';
import type { OrderStatus } from '../../src/order/lifecycle/status.ts';
import type { OrderState } from '../../src/rules/index.ts';
import { createOrderHarness } from '../../src/testing/harness.ts';
import { day, delivered, disputed, place, sold, submit } from './commands.ts';

// Orders that were stored before there were disputes and amendments.

const { rules } = createOrderHarness({ policy: { confirmWhen: 'paid' } });

/** The order after these commands, as it was stored when its status had fewer regions. */
function storedWithout(regions: readonly string[], ...commands: readonly object[]): OrderState {
  const harness = createOrderHarness({ rules });
  for (const command of commands) harness.execute(command);
  if (harness.state === undefined) throw new Error('There is no order.');
  const { status, ...state } = harness.state;
  const fewer = Object.entries(status).filter(([region]) => !regions.includes(region));
  return { ...state, status: Object.fromEntries(fewer) as unknown as OrderStatus };
}

const dispatch = {
  type: 'shipment.dispatch',
  shipmentId: 's1',
  lines: [{ lineId: 'a', units: 1 }],
};

describe.each([[['dispute']], [['amendment', 'dispute']]])(
  'an order stored without %s',
  (regions) => {
    const state = storedWithout(regions, place(), sold(10_000), dispatch);

    it('is known, and goes on to its end', () => {
      expect(() => rules.checkStatus(state.status)).not.toThrow();
      const harness = createOrderHarness({ rules, state });
      harness.execute(delivered({ a: 1 }));
      expect(harness.state?.status).toMatchObject({
        lifecycle: 'completed',
        amendment: 'none',
        dispute: 'none',
      });
    });

    it('is not changed by what it knows already', () => {
      const harness = createOrderHarness({ rules, state });
      expect(harness.execute(sold(10_000))).toMatchObject({ status: 'accepted', changed: false });
      expect(harness.state?.order).toBe(state.order);
    });

    it('explains what it permits, and takes reports of disputes', () => {
      const harness = createOrderHarness({ rules, state });
      const environment = { tenantId: 'test', orderId: 'order-1', now: 0, newId: () => 'id' };
      const explained = rules.explain(state, environment);
      expect(explained.find(({ type }) => type === 'dispute.submit')).toMatchObject({
        legal: false,
      });
      harness.execute(disputed('Opened', 10_000));
      expect(harness.state?.status).toMatchObject({ lifecycle: 'confirmed', dispute: 'open' });
      expect(harness.execute(submit())).toMatchObject({ status: 'accepted' });
    });

    it('meets its deadlines', () => {
      const harness = createOrderHarness({ rules, state: storedWithout(regions, place()) });
      harness.advance(day);
      expect(harness.state?.status).toMatchObject({ lifecycle: 'expired', dispute: 'none' });
    });
  },
);

it('a status of which a control is missing is not completed: nobody knows what it was', () => {
  const { status } = storedWithout(['hold'], place());
  expect(() => rules.checkStatus(status)).toThrow(/does not know the status/);
});
