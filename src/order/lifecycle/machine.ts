import { and, emit } from 'xstate';
import type { OrderGuardName } from './guards.ts';

/**
 * The lifecycle of an order as an XState configuration: plain data, every guard and delay named.
 *
 * Commands arrive by their own names (`order.cancel`), facts as `fact.<event type>`, so that
 * `fact.*` matches all of them. Labels (all regions but `lifecycle`) have no memory: each fact asks
 * their whole list of guards again, the default last. Lifecycle guards read only what grows or can
 * be undone. Both are needed for reports to commute (law L3).
 *
 * No state has data, and the root has no transitions: XState skips a parent's handler when any
 * region handles the event.
 */

const allOf = (...names: readonly OrderGuardName[]) => and([...names]);
const when = (guard: OrderGuardName | ReturnType<typeof allOf>) => ({ guard });
const emits = (type: string) => emit({ type });

/** Legal without a change of state. The facts that follow say what happened. */
const stay = {} as const;

/** Legal until the order is archived, held or not: notes, holds, and giving money back. */
const always = {
  'order.annotate': stay,
  'order.hold': stay,
  'order.release': when('someHold'),
  'discrepancy.resolve': when('someDiscrepancy'),
  'payment.void': stay,
  'payment.refund': stay,
  'order.credit': stay,
  'amendment.decline': stay,
  'dispute.submit': when('someDisputeOpen'),
  'dispute.concede': when('someDisputeOpen'),
};

/** A hold blocks collecting money and shipping goods, but never giving them back. */
const collect = {
  'payment.authorize': when('holdClear'),
  'payment.capture': when('holdClear'),
};

/** What changes the order after it was placed, without ending it. */
const amend = {
  'order.amend': when(allOf('holdClear', 'someUnitStays')),
  'amendment.propose': when(allOf('holdClear', 'someUnitStays')),
  'amendment.approve': when(allOf('holdClear', 'someUnitStays')),
};

/** Other units for those that come back, or that never came as they should have. */
const exchange = {
  'exchange.request': when(allOf('holdClear', 'someUnitDelivered', 'returnWindowOpen')),
  'units.replace': when('holdClear'),
};

const cancel = {
  'order.cancel': [{ guard: 'cancelsEverything', target: 'cancelling' }, { guard: 'someUnitOpen' }],
};

const archive = {
  'order.archive': {
    guard: allOf('retentionPassed', 'holdClear', 'noDisputeOpen'),
    target: 'archived',
  },
};

/** Legal for a cancelled order too: its goods may have left before it was cancelled. */
const returns = {
  'return.request': when(allOf('someUnitDelivered', 'returnWindowOpen')),
  'return.approve': stay,
  'return.decline': stay,
  'return.close': stay,
};

/**
 * A region with only the names of its states, which the status types need. A state itself is just
 * an `object`: XState's declarations do not compile under all TypeScript settings that hosts use.
 */
interface NamedRegion<State extends string> {
  readonly initial: NoInfer<State>;
  readonly states: Record<State, object>;
}

function region<State extends string>(config: NamedRegion<State>): NamedRegion<State> {
  return config;
}

const lifecycle = region({
  initial: 'pending',
  states: {
    pending: {
      on: {
        ...always,
        ...collect,
        ...amend,
        ...cancel,
        'fact.*': {
          guard: allOf('confirmsByItself', 'noHoldByRequest'),
          target: 'confirmed',
          actions: emits('order.confirmed'),
        },
        'order.confirm': {
          guard: allOf('policyMet', 'holdClear'),
          target: 'confirmed',
          actions: emits('order.confirmed'),
        },
      },
      after: {
        // If money is on its way when the time is up, wait for the same time again.
        unpaidTimeout: [
          { guard: 'nothingMoved', target: 'expired' },
          { target: 'pending', reenter: true },
        ],
      },
    },
    confirmed: {
      on: {
        ...always,
        ...collect,
        ...amend,
        ...cancel,
        ...returns,
        ...exchange,
        'fact.*': { guard: 'fulfilled', target: 'completed' },
        'fulfillment.request': when('holdClear'),
        'shipment.dispatch': when(allOf('holdClear', 'secured')),
      },
    },
    completed: {
      entry: emits('order.completed'),
      on: {
        ...always,
        ...collect,
        ...amend,
        ...archive,
        ...returns,
        ...exchange,
        'fact.*': {
          guard: 'notFulfilled',
          target: 'confirmed',
          actions: emits('order.reopened'),
        },
      },
    },
    cancelling: {
      on: { ...always, ...returns },
      always: { guard: 'undone', target: 'cancelled' },
    },
    cancelled: {
      entry: emits('order.cancelled'),
      on: {
        ...always,
        ...archive,
        ...returns,
        'fact.*': { guard: 'notUndone', target: 'cancelling' },
      },
    },
    expired: {
      entry: emits('order.expired'),
      on: {
        ...always,
        ...archive,
        ...returns,
        'fact.*': { guard: 'lateMoney', target: 'cancelling' },
      },
    },
    archived: { entry: emits('order.archived') },
  },
});

interface LabelRegion<State extends string> extends NamedRegion<State> {
  readonly on: object;
}

/** A region without memory: every fact asks the list in sequence; the default has no guard. */
function labels<const Initial extends string, const State extends string>(
  initial: Initial,
  list: readonly (readonly [OrderGuardName, State])[],
): LabelRegion<Initial | State> {
  const transitions = [
    ...list.map(([guard, state]) => ({ guard, target: `.${state}` })),
    { target: `.${initial}` },
  ];
  const names = new Set<Initial | State>([initial, ...list.map(([, state]) => state)]);
  return {
    initial,
    states: Object.fromEntries([...names].map((name) => [name, {}])) as Record<
      Initial | State,
      object
    >,
    on: { 'fact.*': transitions },
  };
}

const hold = labels('clear', [['held', 'held']]);

const payment = labels('unpaid', [
  ['paid', 'paid'],
  ['partiallyPaid', 'partiallyPaid'],
  ['costsNothing', 'notRequired'],
  ['processing', 'processing'],
  ['authorized', 'authorized'],
  ['partiallyAuthorized', 'partiallyAuthorized'],
  ['actionRequired', 'actionRequired'],
  ['moneyDue', 'due'],
  ['voided', 'voided'],
  ['paymentFailed', 'failed'],
]);

const refund = labels('none', [
  ['moneyToReturn', 'due'],
  ['refundPending', 'pending'],
  ['creditOwed', 'owed'],
  ['fullyRefunded', 'full'],
  ['partiallyRefunded', 'partial'],
]);
const fulfillment = labels('unfulfilled', [
  ['unitsMissing', 'exception'],
  ['nothingToShip', 'notRequired'],
  ['delivered', 'delivered'],
  ['partiallyDelivered', 'partiallyDelivered'],
  ['shipped', 'shipped'],
  ['partiallyShipped', 'partiallyShipped'],
  ['fulfillmentRequested', 'requested'],
]);

const returned = labels('none', [
  ['returnSettled', 'settled'],
  ['returnReceived', 'received'],
  ['returnPartiallyReceived', 'partiallyReceived'],
  ['returnInTransit', 'inTransit'],
  ['returnRequested', 'requested'],
]);

const amendment = labels('none', [['amendmentProposed', 'proposed']]);
const dispute = labels('none', [
  ['someDisputeOpen', 'open'],
  ['someDisputeLost', 'lost'],
  ['someDisputeWon', 'won'],
]);

/** The chart's name and version, written into every event that it decides. */
const orderChartId = 'order';
const orderChartVersion = '1';

/** The whole chart; its value is the order's public status. */
export const orderMachineConfig = {
  id: orderChartId,
  version: orderChartVersion,
  type: 'parallel' as const,
  states: { lifecycle, hold, payment, refund, fulfillment, returns: returned, amendment, dispute },
};
