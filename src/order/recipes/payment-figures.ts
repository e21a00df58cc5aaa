import { askedFor } from '../figures.ts';
import type { Movement, MovementKind, Operation, Payment } from '../payment.ts';
import type { MinorUnits } from '../values.ts';

type PaymentFigures = Omit<Payment, 'id' | 'method' | 'movements' | 'operations' | 'disputes'>;

/**
 * Computes the figures from the set of movements and operations, regardless of their sequence, so
 * that reports commute (law L3). Reads each list once per figure; reading one list for each entry
 * of the other would take quadratic time.
 */
export function paymentFigures(
  movements: readonly Movement[],
  operations: readonly Operation[],
  disputed: MinorUnits,
): PaymentFigures {
  const authorized = authorizedBy(movements);
  const captured = sumOf(movements, 'captured');
  const voided = sumOf(movements, 'voided');
  const rest = isFinal(movements, operations)
    ? Math.max(0, Math.max(0, authorized - captured) - voided)
    : 0;
  const released = voided + rest;
  const refunded = sumOf(movements, 'refunded') - sumOf(movements, 'reversed');
  return {
    authorized,
    captured,
    capturePending: atMost(askedFor(operations, 'capture'), authorized - captured - released),
    released,
    refunded,
    refundPending: atMost(askedFor(operations, 'refund'), captured - refunded - disputed),
  };
}

/** An operation that can no longer succeed in full counts only for the amount that still can. */
function atMost(asked: MinorUnits, possible: MinorUnits): MinorUnits {
  return Math.min(asked, Math.max(0, possible));
}

const outcomeKinds: ReadonlySet<MovementKind> = new Set([
  'authorized',
  'captured',
  'voided',
  'refunded',
]);

/** Returns the operations, each with the state that follows from the movements. */
export function withOutcomes(
  operations: readonly Operation[],
  movements: readonly Movement[],
): readonly Operation[] {
  if (operations.length === 0) return operations;
  const states = statesOf(movements);
  return operations.map((operation) => {
    const state = states.get(operation.id) ?? 'pending';
    return state === operation.state ? operation : { ...operation, state };
  });
}

/** An operation with any reported success has succeeded, even if failures are reported too. */
function statesOf(movements: readonly Movement[]): ReadonlyMap<string, Operation['state']> {
  const states = new Map<string, Operation['state']>();
  for (const { kind, operationId } of movements) {
    if (operationId === null) continue;
    if (outcomeKinds.has(kind)) states.set(operationId, 'succeeded');
    else if (kind === 'failed' && !states.has(operationId)) states.set(operationId, 'failed');
  }
  return states;
}

function sumOf(movements: readonly Movement[], kind: MovementKind): MinorUnits {
  let sum = 0;
  for (const movement of movements) if (movement.kind === kind) sum += movement.amount;
  return sum;
}

/** A sale authorizes what it captures, unless the same object was reported as authorized too. */
function authorizedBy(movements: readonly Movement[]): MinorUnits {
  let sum = 0;
  const separately = new Map<string, MinorUnits>();
  for (const { kind, objectId, amount } of movements) {
    if (kind !== 'authorized') continue;
    separately.set(objectId, amount);
    sum += amount;
  }
  for (const { kind, sale, objectId, amount } of movements) {
    if (kind !== 'captured' || !sale) continue;
    sum += Math.max(0, amount - (separately.get(objectId) ?? 0));
  }
  return sum;
}

/** After expiry, or a final capture that succeeded, nothing remains of the authorization (M2). */
function isFinal(movements: readonly Movement[], operations: readonly Operation[]): boolean {
  return (
    movements.some(({ kind }) => kind === 'expired') ||
    operations.some(({ releaseRemainder, state }) => releaseRemainder && state === 'succeeded')
  );
}
