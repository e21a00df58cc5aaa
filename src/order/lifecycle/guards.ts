import type { AmendmentChange } from '../changes.ts';
import type { CommandOf } from '../commands/commands.ts';
import { disputedOf, hasDispute } from '../disputes.ts';
import { authorizePendingOf, figuresOf, grossMoved, remainingOf } from '../figures.ts';
import { isFulfilled, isInspected, isUndone } from '../laws.ts';
import { hasArrived, hasLeft, openUnitsOf } from '../line-figures.ts';
import type { LineUnits, Order } from '../order.ts';
import type { Payment } from '../payment.ts';
import { cheapestUnit, confirmsByItself, isSecured, mayBeConfirmed } from '../secured.ts';
import { isCreditOwed, moneyToReturn } from '../settlement.ts';
import type { Timestamp, Units } from '../values.ts';

/** A command or fact that the chart receives, and its time. */
export interface LifecycleEvent {
  readonly type: string;
  readonly at: Timestamp;
  /** The command's own fields; absent for a fact. */
  readonly command?: Readonly<Record<string, unknown>>;
}

/** A named, pure question about an order. */
export type OrderGuard = (order: Order, event: LifecycleEvent) => boolean;

/** Guards that decide which requests are legal and where the lifecycle goes. */
const controlGuards = {
  /** The money that the policy requires came in, and none of it was requested back. */
  confirmsByItself,
  /** The money that the policy requires is there now, so a request may confirm. */
  policyMet: mayBeConfirmed,
  /** The money for the units that leave is there, and stays; or the merchant passed `over`. */
  secured: (order, { command }) =>
    command?.['over'] === true || isSecured(order, dispatchedBy(order, command)),
  /** No hold by request. Ignores discrepancies: if it did not, reports would not commute. */
  noHoldByRequest: (order) => order.holds.length === 0,
  /** Neither a hold nor an open discrepancy blocks requests. */
  holdClear: (order) => !isHeld(order),
  /** There is a hold that `order.release` can release. */
  someHold: (order) => order.holds.length > 0,
  /** No money and no goods have moved, and none are on their way. */
  nothingMoved: (order) =>
    order.lines.every((line) => openUnitsOf(line) === line.ordered - line.cancelled) &&
    order.payments.every(isUntouched) &&
    !isAuthorizing(order),
  someUnitOpen: (order) => order.lines.some((line) => openUnitsOf(line) > 0),
  /** This request cancels the last units of the order. */
  cancelsEverything: (order, event) => {
    const { ordered, cancelled } = figuresOf(order);
    return cancelled + unitsAsked(order, event) === ordered;
  },
  /** Some unit is not cancelled after this amendment: otherwise it is a cancellation. */
  someUnitStays: (order, { command }) => {
    const { ordered, cancelled } = figuresOf(order);
    const { lines, cancel } = changeAsked(order, command);
    const added = lines.reduce((sum, { quantity }) => sum + quantity, 0);
    const less = cancel.reduce((sum, { units }) => sum + units, 0);
    return cancelled + less !== ordered + added;
  },
  undone: isUndone,
  notUndone: (order) => !isUndone(order),
  fulfilled: isFulfilled,
  notFulfilled: (order) => !isFulfilled(order),
  /** More money moved than before the order expired. */
  lateMoney: (order) => grossMoved(order) > order.grossAtExpiry,
  someUnitDelivered: (order) => figuresOf(order).delivered > 0,
  returnWindowOpen: ({ deliveredAt, policy }, { at }) =>
    deliveredAt !== null && at <= deliveredAt + policy.returnWindowMs,
  retentionPassed: (order, { at }) => at >= endedAt(order) + order.policy.retentionMs,
  someDiscrepancy: (order) => order.discrepancies.open.length > 0,
  someDisputeOpen: (order) => hasDispute(order, 'open'),
  /** Winning a dispute may bring back money to refund, and an archived order accepts no request. */
  noDisputeOpen: (order) => !hasDispute(order, 'open'),
} as const satisfies Record<string, OrderGuard>;

/** Guards that decide the labels. Each region asks its own in sequence; its default comes last. */
const labelGuards = {
  held: isHeld,

  /** Money that was captured, then refunded because another tender pays instead, is not paid. */
  paid: (order) => figuresOf(order).captured > 0 && figuresOf(order).balance <= 0,
  partiallyPaid: (order) => figuresOf(order).net > 0,
  costsNothing: (order) => order.total === 0,
  processing: (order) => figuresOf(order).capturePending > 0 || isAuthorizing(order),
  authorized: (order) => {
    const { remaining, currentTotal } = figuresOf(order);
    return remaining > 0 && remaining >= currentTotal;
  },
  partiallyAuthorized: (order) => figuresOf(order).remaining > 0,
  actionRequired: isWaitingForAction,
  moneyDue: (order) => order.confirmedAt !== null && figuresOf(order).balance > 0,
  voided: (order) => figuresOf(order).released > 0,
  paymentFailed: (order) => hasMovement(order, 'failed'),

  moneyToReturn: (order) => moneyToReturn(order).length > 0,
  refundPending: (order) => figuresOf(order).refundPending > 0,
  creditOwed: isCreditOwed,
  fullyRefunded: (order) => figuresOf(order).refunded > 0 && figuresOf(order).net <= 0,
  partiallyRefunded: (order) => figuresOf(order).refunded > 0,

  unitsMissing: (order) => figuresOf(order).unsettled > 0,
  nothingToShip: (order) => {
    const { cancelled, ordered, shipped, delivered } = figuresOf(order);
    return cancelled >= ordered && shipped === 0 && delivered === 0;
  },
  delivered: (order) => figuresOf(order).delivered > 0 && order.lines.every(hasArrived),
  partiallyDelivered: (order) => figuresOf(order).delivered > 0,
  shipped: (order) => figuresOf(order).shipped > 0 && order.lines.every(hasLeft),
  partiallyShipped: (order) => figuresOf(order).shipped > 0,
  fulfillmentRequested: (order) => order.fulfillments.length > 0,

  returnReceived: (order) =>
    figuresOf(order).returned > 0 && figuresOf(order).returnRequested === 0,
  returnSettled: (order) =>
    figuresOf(order).returned > 0 && figuresOf(order).returnRequested === 0 && isInspected(order),
  returnPartiallyReceived: (order) => figuresOf(order).returned > 0,
  returnInTransit: (order) =>
    order.returns.some(
      ({ decision, isClosed, inTransit }) =>
        decision !== 'declined' && !isClosed && inTransit.length > 0,
    ),
  returnRequested: (order) => figuresOf(order).returnRequested > 0,

  amendmentProposed: ({ amendments = [] }) => amendments.some(({ state }) => state === 'proposed'),
  someDisputeLost: (order) => hasDispute(order, 'lost'),
  someDisputeWon: (order) => hasDispute(order, 'won'),
} as const satisfies Record<string, OrderGuard>;

/** Every guard of the chart, by name. */
export const orderGuards = { ...controlGuards, ...labelGuards } as const;
export type OrderGuardName = keyof typeof orderGuards;

function isHeld(order: Order): boolean {
  return order.holds.length > 0 || order.discrepancies.open.length > 0;
}

/**
 * Exactly as much came in as went out, and no dispute is open. Any difference may mean that a report is
 * still missing, and disputed money may come back.
 */
function isUntouched(payment: Payment): boolean {
  const { captured, refunded } = payment;
  return (
    remainingOf(payment) === 0 &&
    captured === refunded + disputedOf(payment) &&
    !hasDispute({ payments: [payment] }, 'open')
  );
}

function isAuthorizing(order: Order): boolean {
  return order.payments.some((payment) => authorizePendingOf(payment) > 0);
}

function hasMovement(order: Order, kind: 'failed'): boolean {
  return order.payments.some(({ movements }) => movements.some((entry) => entry.kind === kind));
}

/** Some payment waits for the customer: only the required action is reported of its object. */
function isWaitingForAction(order: Order): boolean {
  return order.payments.some(({ movements }) => {
    const told = new Set<string>();
    for (const { kind, objectId } of movements) if (kind !== 'actionRequired') told.add(objectId);
    return movements.some(({ objectId }) => !told.has(objectId));
  });
}

function unitsAsked(order: Order, { command }: LifecycleEvent): number {
  const lines = command?.['lines'] as readonly { readonly units: number }[] | undefined;
  if (lines !== undefined) return lines.reduce((sum, line) => sum + line.units, 0);
  return order.lines.reduce((sum, line) => sum + openUnitsOf(line), 0);
}

/** What an amendment adds and cancels: the command says it, or the proposal that it approves. */
function changeAsked(
  { amendments = [] }: Order,
  command: LifecycleEvent['command'],
): Pick<AmendmentChange, 'cancel'> & { lines: readonly { readonly quantity: Units }[] } {
  const proposal = amendments.find(({ id }) => id === command?.['amendmentId']);
  if (proposal?.change !== undefined) return proposal.change;
  const { add = [], cancel = [] } = (command ?? {}) as Partial<CommandOf<'order.amend'>>;
  return { lines: add, cancel };
}

function dispatchedBy(order: Order, command: LifecycleEvent['command']): readonly LineUnits[] {
  return (command?.['lines'] as readonly LineUnits[] | undefined) ?? cheapestUnit(order);
}

function endedAt(order: Order): Timestamp {
  const { completedAt, cancelledAt, expiredAt, placedAt } = order;
  return Math.max(completedAt ?? placedAt, cancelledAt ?? placedAt, expiredAt ?? placedAt);
}
