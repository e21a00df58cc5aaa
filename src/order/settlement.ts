import { figuresOf, hasOperationInFlight, refundableOf, remainingOf } from './figures.ts';
import { inOneOperation } from './money.ts';
import type { Order } from './order.ts';
import type { Movement, Payment } from './payment.ts';
import type { MinorUnits } from './values.ts';

/** Money that goes back without anybody asking for it, because of a cancellation or its lateness. */
export interface Settlement {
  readonly payment: Payment;
  readonly kind: 'void' | 'refund';
  readonly amount: MinorUnits;
  readonly cause: 'cancellation' | 'lateMoney';
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
  const { balance, refundPending } = figuresOf(order);
  let owed = Math.min(-balance - refundPending, cancelledCredit(order) - askedBack(order));
  const settlements: Settlement[] = [];
  for (const payment of order.payments) {
    const amount = inOneOperation(Math.min(owed, refundableOf(payment)));
    if (amount <= 0) continue;
    // A busy tender is waited for: passed over, the next one would pay what is not its own.
    if (hasOperationInFlight(payment)) break;
    settlements.push({ payment, kind: 'refund', amount, cause: 'cancellation' });
    owed -= amount;
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

/** What is owed and not asked for by anything else: the host's to pay, or the engine's (policy). */
export function isCreditOwed(order: Order): boolean {
  const { balance, refundPending } = figuresOf(order);
  return balance < 0 && refundPending === 0 && moneyToReturn(order).length === 0;
}

/** How long what is owed waits to be paid back; not at all where a person does that. */
export function creditDelayMs(order: Order): number | undefined {
  if (order.policy.settleCredits === 'manual') return undefined;
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
