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

/** Money that goes back without anybody asking for it: why, by which payment, and how much. */
export interface Settlement {
  readonly payment: Payment;
  readonly kind: 'void' | 'refund';
  readonly amount: MinorUnits;
  readonly cause: 'cancellation' | 'lateMoney' | 'credit';
}

/**
 * What has to go back now. A payment with an operation in flight waits for its outcome: then it
 * is a void or a refund, never both at once (law M10).
 */
export function moneyToReturn(order: Order): readonly Settlement[] {
  const { cancelled, ordered } = figuresOf(order);
  if (cancelled === 0) return [];
  return cancelled === ordered ? everything(order) : overpaidByCancellation(order);
}

/** The order is off: nothing stays authorized, nothing stays captured. */
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

/** Some units are off: what was captured for them goes back, and no more than that. */
function overpaidByCancellation(order: Order): readonly Settlement[] {
  const left = cancelledCredit(order) - askedBack(order);
  return refundsOf(order, Math.min(openCreditOf(order), left), 'cancellation');
}

/** What is owed and not asked for by anything else: the host's to pay, or the engine's (policy). */
export function isCreditOwed(order: Order): boolean {
  const { balance, refundPending } = figuresOf(order);
  return balance < 0 && refundPending === 0 && moneyToReturn(order).length === 0;
}

/** What is owed, as far as it can be paid back now. */
export function creditToReturn(order: Order): readonly Settlement[] {
  return isCreditOwed(order) ? refundsOf(order, openCreditOf(order), 'credit') : [];
}

/**
 * Fills the payments one after the other, the original tender first. A busy one is waited for: passed
 * over, the next one would pay what is not its own.
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

function bouncedByOperation(movements: readonly Movement[]): ReadonlyMap<string, MinorUnits> {
  const bounced = new Map<string, MinorUnits>();
  for (const { kind, operationId, amount } of movements) {
    if (kind !== 'reversed' || operationId === null) continue;
    bounced.set(operationId, (bounced.get(operationId) ?? 0) + amount);
  }
  return bounced;
}

const minute = 60_000;
const day = 86_400_000;

/**
 * How long money that must go back waits: the policy's delay at first, so that late reports may
 * still arrive; after failures twice as long each time, from a minute to a day, for ever.
 */
export function settlementDelayMs(order: Order): number {
  return retryDelayMs(order) ?? order.policy.settlementDelayMs;
}

/** How long what is owed waits to be paid back, where the policy leaves that to the engine. */
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
