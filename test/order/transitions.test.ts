import { describe, expect, it } from 'vitest';
import type { RequestType } from '../../src/order/commands/commands.ts';
import { createOrderHarness } from '../../src/testing/harness.ts';
import { authorized, day, delivered, dispatched, place, sold, unitsOf } from './commands.ts';

/** What a request meets: legal, refused by the state, or by a guard of this name. */
type Expected = 'legal' | 'state' | `guard ${string}`;

type Lifecycle =
  | 'pending'
  | 'confirmed'
  | 'completed'
  | 'cancelling'
  | 'cancelled'
  | 'expired'
  | 'archived';

type Situation = Lifecycle | 'held' | 'flagged';

type Asked = Exclude<RequestType, 'order.place'>;

/** How an order comes into each situation: all with policy `paid` but the cancelling one. */
const situations: Readonly<Record<Situation, readonly (object | number)[]>> = {
  pending: [place()],
  confirmed: [place(), sold(10_000)],
  completed: [place(), sold(10_000), dispatched({ a: 1 }), delivered({ a: 1 })],
  cancelling: [place(), sold(10_000), { type: 'order.cancel' }],
  cancelled: [place(), { type: 'order.cancel' }],
  expired: [place(), day],
  archived: [place(), { type: 'order.cancel' }, 91 * day, { type: 'order.archive' }],
  held: [place(), sold(10_000), { type: 'order.hold', reason: 'fraud' }],
  flagged: [place(), dispatched({ a: 1 })],
};

const amending = (change: Expected, decline: Expected) => ({
  'order.amend': change,
  'amendment.propose': change,
  'amendment.approve': change,
  'amendment.decline': decline,
});

const exchanging = (request: Expected, replace: Expected) => ({
  'exchange.request': request,
  'units.replace': replace,
});

/** Total by type: a new state or request does not compile until every cell is decided. */
const table: Readonly<Record<Situation, Readonly<Record<Asked, Expected>>>> = {
  pending: {
    'order.confirm': 'guard policyMet',
    'order.hold': 'legal',
    'order.release': 'guard someHold',
    'order.cancel': 'legal',
    'order.credit': 'legal',
    ...amending('legal', 'legal'),
    ...exchanging('state', 'state'),
    'order.archive': 'state',
    'order.annotate': 'legal',
    'payment.authorize': 'legal',
    'payment.capture': 'legal',
    'payment.void': 'legal',
    'payment.refund': 'legal',
    'fulfillment.request': 'state',
    'shipment.dispatch': 'state',
    'return.request': 'state',
    'return.approve': 'state',
    'return.decline': 'state',
    'return.close': 'state',
    'discrepancy.resolve': 'guard someDiscrepancy',
  },
  confirmed: {
    'order.confirm': 'state',
    'order.hold': 'legal',
    'order.release': 'guard someHold',
    'order.cancel': 'legal',
    'order.credit': 'legal',
    ...amending('legal', 'legal'),
    ...exchanging('guard someUnitDelivered', 'legal'),
    'order.archive': 'state',
    'order.annotate': 'legal',
    'payment.authorize': 'legal',
    'payment.capture': 'legal',
    'payment.void': 'legal',
    'payment.refund': 'legal',
    'fulfillment.request': 'legal',
    'shipment.dispatch': 'legal',
    'return.request': 'guard someUnitDelivered',
    'return.approve': 'legal',
    'return.decline': 'legal',
    'return.close': 'legal',
    'discrepancy.resolve': 'guard someDiscrepancy',
  },
  completed: {
    'order.confirm': 'state',
    'order.hold': 'legal',
    'order.release': 'guard someHold',
    'order.cancel': 'state',
    'order.credit': 'legal',
    ...amending('legal', 'legal'),
    ...exchanging('legal', 'legal'),
    'order.archive': 'guard retentionPassed',
    'order.annotate': 'legal',
    'payment.authorize': 'legal',
    'payment.capture': 'legal',
    'payment.void': 'legal',
    'payment.refund': 'legal',
    'fulfillment.request': 'state',
    'shipment.dispatch': 'state',
    'return.request': 'legal',
    'return.approve': 'legal',
    'return.decline': 'legal',
    'return.close': 'legal',
    'discrepancy.resolve': 'guard someDiscrepancy',
  },
  cancelling: {
    'order.confirm': 'state',
    'order.hold': 'legal',
    'order.release': 'guard someHold',
    'order.cancel': 'state',
    'order.credit': 'legal',
    ...amending('state', 'legal'),
    ...exchanging('state', 'state'),
    'order.archive': 'state',
    'order.annotate': 'legal',
    'payment.authorize': 'state',
    'payment.capture': 'state',
    'payment.void': 'legal',
    'payment.refund': 'legal',
    'fulfillment.request': 'state',
    'shipment.dispatch': 'state',
    'return.request': 'guard someUnitDelivered',
    'return.approve': 'legal',
    'return.decline': 'legal',
    'return.close': 'legal',
    'discrepancy.resolve': 'guard someDiscrepancy',
  },
  cancelled: {
    'order.confirm': 'state',
    'order.hold': 'legal',
    'order.release': 'guard someHold',
    'order.cancel': 'state',
    'order.credit': 'legal',
    ...amending('state', 'legal'),
    ...exchanging('state', 'state'),
    'order.archive': 'guard retentionPassed',
    'order.annotate': 'legal',
    'payment.authorize': 'state',
    'payment.capture': 'state',
    'payment.void': 'legal',
    'payment.refund': 'legal',
    'fulfillment.request': 'state',
    'shipment.dispatch': 'state',
    'return.request': 'guard someUnitDelivered',
    'return.approve': 'legal',
    'return.decline': 'legal',
    'return.close': 'legal',
    'discrepancy.resolve': 'guard someDiscrepancy',
  },
  expired: {
    'order.confirm': 'state',
    'order.hold': 'legal',
    'order.release': 'guard someHold',
    'order.cancel': 'state',
    'order.credit': 'legal',
    ...amending('state', 'legal'),
    ...exchanging('state', 'state'),
    'order.archive': 'guard retentionPassed',
    'order.annotate': 'legal',
    'payment.authorize': 'state',
    'payment.capture': 'state',
    'payment.void': 'legal',
    'payment.refund': 'legal',
    'fulfillment.request': 'state',
    'shipment.dispatch': 'state',
    'return.request': 'guard someUnitDelivered',
    'return.approve': 'legal',
    'return.decline': 'legal',
    'return.close': 'legal',
    'discrepancy.resolve': 'guard someDiscrepancy',
  },
  archived: {
    'order.confirm': 'state',
    'order.hold': 'state',
    'order.release': 'state',
    'order.cancel': 'state',
    'order.credit': 'state',
    ...amending('state', 'state'),
    ...exchanging('state', 'state'),
    'order.archive': 'state',
    'order.annotate': 'state',
    'payment.authorize': 'state',
    'payment.capture': 'state',
    'payment.void': 'state',
    'payment.refund': 'state',
    'fulfillment.request': 'state',
    'shipment.dispatch': 'state',
    'return.request': 'state',
    'return.approve': 'state',
    'return.decline': 'state',
    'return.close': 'state',
    'discrepancy.resolve': 'state',
  },
  held: {
    'order.confirm': 'state',
    'order.hold': 'legal',
    'order.release': 'legal',
    'order.cancel': 'legal',
    'order.credit': 'legal',
    ...amending('guard holdClear', 'legal'),
    ...exchanging('guard holdClear', 'guard holdClear'),
    'order.archive': 'state',
    'order.annotate': 'legal',
    'payment.authorize': 'guard holdClear',
    'payment.capture': 'guard holdClear',
    'payment.void': 'legal',
    'payment.refund': 'legal',
    'fulfillment.request': 'guard holdClear',
    'shipment.dispatch': 'guard holdClear',
    'return.request': 'guard someUnitDelivered',
    'return.approve': 'legal',
    'return.decline': 'legal',
    'return.close': 'legal',
    'discrepancy.resolve': 'guard someDiscrepancy',
  },
  flagged: {
    'order.confirm': 'guard policyMet',
    'order.hold': 'legal',
    'order.release': 'guard someHold',
    'order.cancel': 'guard someUnitOpen',
    'order.credit': 'legal',
    ...amending('guard holdClear', 'legal'),
    ...exchanging('state', 'state'),
    'order.archive': 'state',
    'order.annotate': 'legal',
    'payment.authorize': 'guard holdClear',
    'payment.capture': 'guard holdClear',
    'payment.void': 'legal',
    'payment.refund': 'legal',
    'fulfillment.request': 'state',
    'shipment.dispatch': 'state',
    'return.request': 'state',
    'return.approve': 'state',
    'return.decline': 'state',
    'return.close': 'state',
    'discrepancy.resolve': 'legal',
  },
};

function harnessIn(situation: Situation) {
  const harness = createOrderHarness({ policy: { confirmWhen: 'paid' } });
  for (const step of situations[situation]) {
    if (typeof step === 'number') harness.advance(step);
    else expect(harness.execute(step).status).toBe('accepted');
  }
  return harness;
}

function explained(situation: Situation): Record<string, Expected> {
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
  it.each(Object.keys(situations) as Situation[])('%s', (situation) => {
    expect(explained(situation)).toEqual(table[situation]);
  });

  it.each(['pending', 'confirmed', 'completed', 'cancelling', 'cancelled', 'expired', 'archived'])(
    'the way to %s leads there',
    (lifecycle) => {
      expect(harnessIn(lifecycle as Lifecycle).state?.status['lifecycle']).toBe(lifecycle);
    },
  );

  it('reports are recorded in every situation, the archive included', () => {
    for (const situation of Object.keys(situations) as Situation[]) {
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
