import { chargedBackOf, disputedOf } from './disputes.ts';
import { missingOf, unsettledUnits } from './line-figures.ts';
import type { Line, Order } from './order.ts';
import type { Operation, OperationKind, Payment } from './payment.ts';
import type { MinorUnits, Units } from './values.ts';

/** Figures computed from the ledgers. Never stored, so they cannot contradict the ledgers. */
export interface Figures {
  readonly ordered: Units;
  readonly cancelled: Units;
  readonly shipped: Units;
  readonly delivered: Units;
  readonly lost: Units;
  readonly returnedToSender: Units;
  /** Lost or returned to sender, and not found. */
  readonly missing: Units;
  readonly returnRequested: Units;
  readonly returned: Units;
  /** Lost or returned to sender, and neither credited nor sent again. */
  readonly unsettled: Units;
  readonly authorized: MinorUnits;
  readonly captured: MinorUnits;
  readonly capturePending: MinorUnits;
  readonly released: MinorUnits;
  readonly remaining: MinorUnits;
  readonly refunded: MinorUnits;
  readonly refundPending: MinorUnits;
  /** Withdrawn for disputes and not reinstated. */
  readonly disputed: MinorUnits;
  /** The part of `disputed` that belongs to lost disputes. */
  readonly chargedBack: MinorUnits;
  /**
   * What refunds made at the provider, without a request, and lost disputes gave back beyond what was
   * owed. Counts as a credit.
   */
  readonly reportedCredit: MinorUnits;
  /** Authorized, and neither captured nor on its way back. */
  readonly held: MinorUnits;
  /** Held or paid, and not on its way back. Goods may leave only if it covers them. */
  readonly secured: MinorUnits;
  /** Captured less refunded and disputed (law M4). */
  readonly net: MinorUnits;
  /** The price according to requests: the total less everything cancelled and credited. */
  readonly agreedTotal: MinorUnits;
  /** By how much credits exceed what the units that are left cost. */
  readonly overCredited: MinorUnits;
  /** The price now: the agreed total less what refunds at the provider and lost disputes credited. */
  readonly currentTotal: MinorUnits;
  /** What the confirm policy requires: the total less cancelled units. No report changes it. */
  readonly confirmTotal: MinorUnits;
  /** currentTotal - net (law M4). Above zero, the customer owes it; below, the order owes it. */
  readonly balance: MinorUnits;
}

/** Orders are immutable, so their figures can be cached for as long as the order exists. */
const cache = new WeakMap<Order, Figures>();

/** The last result: after each fact, about forty guards and laws ask about the same order. */
let lastOrder: Order | undefined;
let lastFigures: Figures | undefined;

/** The figures of an order; computed once per order value. */
export function figuresOf(order: Order): Figures {
  if (order === lastOrder && lastFigures !== undefined) return lastFigures;
  let figures = cache.get(order);
  if (figures === undefined) {
    figures = computeFigures(order);
    cache.set(order, figures);
  }
  lastOrder = order;
  lastFigures = figures;
  return figures;
}

function computeFigures(order: Order): Figures {
  const units = sumUnits(order.lines);
  const money = sumMoney(order.payments);
  const net = money.captured - money.refunded - money.disputed;
  const everyUnitCancelled = units.cancelled === units.ordered;
  const confirmTotal = everyUnitCancelled ? 0 : order.total - units.cancelledAmount;
  const credited = units.creditedAmount + creditedCharges(order) + order.goodwill;
  // Never below zero: a credit for units that are cancelled later must not be owed twice.
  const agreedTotal = everyUnitCancelled ? 0 : Math.max(0, confirmTotal - credited);
  const overCredited = Math.max(0, credited - confirmTotal);
  const reportedCredit = everyUnitCancelled ? 0 : reportedCreditOf(money, agreedTotal);
  const currentTotal = agreedTotal - reportedCredit;
  const secured = net - money.refundPending + money.held;
  const balance = currentTotal - net;
  const totals = { confirmTotal, agreedTotal, overCredited, reportedCredit, currentTotal };
  return { ...units, ...money, net, secured, ...totals, balance };
}

/**
 * A refund made at the provider first pays what is owed and not already on its way back: an
 * overpayment, a cancelled unit, a credit. Only what exceeds that is a credit of its own; if all of
 * it were, what is owed would be paid twice. The same holds for money that a lost dispute took. Uses
 * sums only, so that the sequence of reports does not matter.
 */
function reportedCreditOf(
  { captured, refunded, refundPending, reportedRefund, chargedBack }: ReturnType<typeof sumMoney>,
  agreedTotal: MinorUnits,
): MinorUnits {
  const owed = captured - (refunded - reportedRefund) - refundPending - agreedTotal;
  return Math.max(0, reportedRefund + chargedBack - Math.max(0, owed));
}

function sumUnits(lines: readonly Line[]) {
  const sum = {
    ordered: 0,
    cancelled: 0,
    shipped: 0,
    delivered: 0,
    lost: 0,
    returnedToSender: 0,
    missing: 0,
    returnRequested: 0,
    returned: 0,
    unsettled: 0,
    cancelledAmount: 0,
    creditedAmount: 0,
  };
  for (const line of lines) {
    sum.ordered += line.ordered;
    sum.cancelled += line.cancelled;
    sum.shipped += line.shipped;
    sum.delivered += line.delivered;
    sum.lost += line.lost;
    sum.returnedToSender += line.returnedToSender;
    sum.missing += missingOf(line);
    sum.returnRequested += line.returnRequested;
    sum.returned += line.returned;
    sum.unsettled += unsettledUnits(line);
    sum.cancelledAmount += line.cancelledAmount;
    sum.creditedAmount += line.creditedAmount;
  }
  return sum;
}

function sumMoney(payments: readonly Payment[]) {
  const sum = {
    authorized: 0,
    captured: 0,
    capturePending: 0,
    released: 0,
    remaining: 0,
    refunded: 0,
    refundPending: 0,
    disputed: 0,
    chargedBack: 0,
    reportedRefund: 0,
    held: 0,
  };
  for (const payment of payments) {
    sum.authorized += payment.authorized;
    sum.captured += payment.captured;
    sum.capturePending += payment.capturePending;
    sum.released += payment.released;
    sum.remaining += remainingOf(payment);
    sum.refunded += payment.refunded;
    sum.refundPending += payment.refundPending;
    sum.disputed += disputedOf(payment);
    sum.chargedBack += chargedBackOf(payment);
    sum.reportedRefund += reportedRefundOf(payment);
    if (!isVoiding(payment)) sum.held += Math.max(0, remainingOf(payment));
  }
  return sum;
}

function creditedCharges(order: Order): MinorUnits {
  let sum = 0;
  for (const charge of order.charges) sum += charge.creditedAmount;
  return sum;
}

/** Authorized and neither captured nor released; below zero breaks law M2. */
export function remainingOf(payment: Payment): MinorUnits {
  return payment.authorized - payment.captured - payment.released;
}

/** Whether money came in that a refund may give back: a capture, or a refund that bounced. */
export function hasReceived({ captured, refunded }: Payment): boolean {
  return captured > 0 || refunded < 0;
}

/** What can still be refunded on request (law M3). */
export function refundableOf(payment: Payment): MinorUnits {
  const { captured, refunded, refundPending } = payment;
  return Math.max(0, captured - refunded - refundPending - disputedOf(payment));
}

/** Refunds made at the provider, which no operation requested, less those reversed. */
function reportedRefundOf({ movements, operations }: Payment): MinorUnits {
  let sum = 0;
  let ours: ReadonlySet<string> | undefined;
  for (const { kind, amount, operationId } of movements) {
    if (kind !== 'refunded' && kind !== 'reversed') continue;
    // Built once, and only if needed: searching for each movement would take quadratic time.
    ours ??= new Set(operations.map(({ id }) => id));
    if (operationId !== null && ours.has(operationId)) continue;
    sum += kind === 'refunded' ? amount : -amount;
  }
  return Math.max(0, sum);
}

/** The sum of pending operations of one kind, whether or not they can still succeed. */
export function askedFor(operations: readonly Operation[], kind: OperationKind): MinorUnits {
  let sum = 0;
  for (const operation of operations) {
    if (operation.kind === kind && operation.state === 'pending') sum += operation.amount;
  }
  return sum;
}

/** The sum of requested authorizations whose outcome is not known yet. */
export function authorizePendingOf(payment: Payment): MinorUnits {
  if (askedFor(payment.operations, 'authorize') === 0) return 0;
  let asked = 0;
  for (const operation of payment.operations) {
    if (operation.kind === 'authorize' && operation.state !== 'failed') asked += operation.amount;
  }
  // A webhook without the operation's id may report the outcome before the call to it returns.
  return Math.max(0, asked - payment.authorized);
}

/** Whether this payment has an operation in flight that can still move money (law M10). */
export function hasOperationInFlight(payment: Payment): boolean {
  return (
    payment.capturePending > 0 ||
    payment.refundPending > 0 ||
    isRefundStopped(payment) ||
    authorizePendingOf(payment) > 0 ||
    isVoiding(payment)
  );
}

/**
 * Whether a dispute took money that a refund in flight would give back. That refund stays in flight
 * until its outcome is reported: it can succeed once the dispute is won.
 */
function isRefundStopped({ operations, captured, refunded, disputes }: Payment): boolean {
  return disputes !== undefined && captured > refunded && askedFor(operations, 'refund') > 0;
}

/**
 * Whether a requested void may still release the rest of the authorization. Only a report with the
 * id of the operation settles that: a report without it may be about an earlier void made at the
 * provider, and goods would leave although their money is on its way back.
 */
function isVoiding(payment: Payment): boolean {
  return askedFor(payment.operations, 'void') > 0 && remainingOf(payment) > 0;
}

/** What the order owes and has not requested a refund for. */
export function openCreditOf(order: Order): MinorUnits {
  const { balance, refundPending } = figuresOf(order);
  return Math.max(0, -balance - refundPending);
}

/** All money ever reported. It only grows, so a lifecycle that depends on it does commute (L3). */
export function grossMoved(order: Order): MinorUnits {
  let sum = 0;
  for (const { movements, disputes = [] } of order.payments) {
    for (const { amount } of movements) sum += amount;
    for (const { withdrawn, reinstated } of disputes) sum += withdrawn + reinstated;
  }
  return sum;
}
