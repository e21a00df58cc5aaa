import {
  figuresOf,
  hasOperationInFlight,
  openCreditOf,
  refundableOf,
  remainingOf,
} from './figures.ts';
import { inOneOperation } from './money.ts';
import type { Order } from './order.ts';
import type { Movement, Payment } from './payment.ts';
import type { MinorUnits } from './values.ts';

/** Money that goes back without a request: through which payment, how much, and why. */
export interface Settlement {
  readonly payment: Payment;
  readonly kind: 'void' | 'refund';
  readonly amount: MinorUnits;
  readonly cause: 'cancellation' | 'lateMoney' | 'credit';
}

/**
 * The money that must go back now. Skips a payment with an operation in flight, whose outcome
 * determines whether to void or to refund: never both at the same time (law M10).
 */
export function moneyToReturn(order: Order): readonly Settlement[] {
  const { cancelled, ordered } = figuresOf(order);
  if (cancelled === 0) return [];
  return cancelled === ordered ? everything(order) : overpaidByCancellation(order);
}

/** The whole order is cancelled: nothing stays authorized or captured. */
function everything(order: Order): readonly Settlement[] {
  const hasEnded = order.cancelledAt !== null || order.expiredAt !== null;
  const cause = hasEnded ? 'lateMoney' : 'cancellation';
  const settlements: Settlement[] = [];
  for (const payment of order.payments) {
    if (hasOperationInFlight(payment)) continue;
    const remaining = inOneOperation(remainingOf(payment));
    const refundable = inOneOperation(refundableOf(payment));
    if (remaining > 0) settlements.push({ payment, kind: 'void', amount: remaining, cause });
    else if (refundable > 0)
      settlements.push({ payment, kind: 'refund', amount: refundable, cause });
  }
  return settlements;
}

/** Some units are cancelled: what was captured for them goes back, and no more. */
function overpaidByCancellation(order: Order): readonly Settlement[] {
  const left = cancelledCredit(order) - askedBack(order);
  return refundsOf(order, Math.min(openCreditOf(order), left), 'cancellation');
}

/**
 * Whether money is owed that nothing else returns: to be asked where {@link moneyToReturn} has none.
 * The policy says who pays it, host or engine.
 */
export function isCreditOwed(order: Order): boolean {
  const { balance, refundPending } = figuresOf(order);
  return balance < 0 && refundPending === 0;
}

/** What is owed, as far as it can be paid back now. */
export function creditToReturn(order: Order): readonly Settlement[] {
  return isCreditOwed(order) ? refundsOf(order, openCreditOf(order), 'credit') : [];
}

/**
 * Spreads a refund over the payments, oldest first. Stops at one with an operation in flight:
 * skipping it would refund its money to another tender.
 */
function refundsOf(
  order: Order,
  amount: MinorUnits,
  cause: Settlement['cause'],
): readonly Settlement[] {
  const settlements: Settlement[] = [];
  let left = amount;
  for (const payment of order.payments) {
    const share = inOneOperation(Math.min(left, refundableOf(payment)));
    if (share <= 0) continue;
    if (hasOperationInFlight(payment)) break;
    settlements.push({ payment, kind: 'refund', amount: share, cause });
    left -= share;
  }
  return settlements;
}

function cancelledCredit(order: Order): MinorUnits {
  let sum = 0;
  for (const line of order.lines) sum += line.cancelledAmount;
  return sum;
}

function askedBack(order: Order): MinorUnits {
  let sum = 0;
  for (const { operations, movements } of order.payments) {
    const bounced = bouncedByOperation(movements);
    for (const { id, kind, cause, state, amount } of operations) {
      if (kind !== 'refund' || cause !== 'cancellation' || state === 'failed') continue;
      sum += amount - (bounced.get(id) ?? 0);
    }
  }
  return sum;
}

function bouncedByOperation(
  movements: readonly Movement[],
): ReadonlyMap<string | null, MinorUnits> {
  const bounced = new Map<string | null, MinorUnits>();
  for (const { kind, operationId, amount } of movements) {
    if (kind !== 'reversed') continue;
    bounced.set(operationId, (bounced.get(operationId) ?? 0) + amount);
  }
  return bounced;
}

const minute = 60_000;
const day = 86_400_000;

/**
 * How long to wait before returning money: first the policy's delay, so that late reports can still
 * arrive; after failures twice as long each time, from a minute up to a day, without end.
 */
export function settlementDelayMs(order: Order): number {
  return retryDelayMs(order) ?? order.policy.settlementDelayMs;
}

/** How long to wait before paying back what is owed, if the policy leaves that to the engine. */
export function creditDelayMs(order: Order): number {
  return retryDelayMs(order) ?? order.policy.creditDelayMs;
}

function retryDelayMs(order: Order): number | undefined {
  let failures = 0;
  for (const { operations, movements } of order.payments) {
    for (const operation of operations) {
      const returns = operation.kind === 'refund' || operation.kind === 'void';
      if (returns && operation.state === 'failed') failures += 1;
    }
    for (const movement of movements) if (movement.kind === 'reversed') failures += 1;
  }
  if (failures === 0) return undefined;
  return Math.min(day, minute * 2 ** Math.min(failures - 1, 20));
}
