import type { Draft } from 'immer';
import { askedFor } from '../figures.ts';
import type { Movement, MovementKind, Operation, Order, Payment } from '../order.ts';
import type { MinorUnits } from '../values.ts';
import type { RecipesOf } from './recipe.ts';

type ReportData = {
  readonly paymentId: string;
  readonly objectId: string;
  readonly operationId: string | null;
  readonly method: string | null;
  readonly amount?: number;
  readonly sale?: boolean;
};

/** Records what a provider told and derives the payment's figures anew. */
function report(kind: MovementKind) {
  return (order: Draft<Order>, data: ReportData): void => {
    const payment = paymentFor(order, data.paymentId, data.method);
    const movement = movementFor(payment, kind, data);
    if (data.amount !== undefined && data.amount > movement.amount) movement.amount = data.amount;
    if (data.sale === true && !movement.sale) movement.sale = true;
    movement.operationId = leastId(movement.operationId, data.operationId);
    deriveFigures(payment);
  };
}

/** Records what we asked a provider to do. */
function ask(
  order: Draft<Order>,
  paymentId: string,
  method: string | null,
  operation: Operation,
): void {
  const payment = paymentFor(order, paymentId, method);
  payment.operations.push(operation);
  deriveFigures(payment);
}

function paymentFor(order: Draft<Order>, id: string, method: string | null): Draft<Payment> {
  const known = order.payments.find((payment) => payment.id === id);
  if (known !== undefined) {
    // Told twice with different methods, the lesser name wins, so that reports commute.
    const chosen = leastId(known.method, method);
    if (chosen !== known.method) known.method = chosen;
    return known;
  }
  order.payments.push({
    id,
    method,
    authorized: 0,
    captured: 0,
    capturePending: 0,
    released: 0,
    refunded: 0,
    refundPending: 0,
    movements: [],
    operations: [],
  });
  return order.payments[order.payments.length - 1] as Draft<Payment>;
}

function movementFor(
  payment: Draft<Payment>,
  kind: MovementKind,
  data: ReportData,
): Draft<Movement> {
  const { objectId } = data;
  const known = payment.movements.find(
    (movement) => movement.kind === kind && movement.objectId === objectId,
  );
  if (known !== undefined) return known;
  payment.movements.push({ kind, objectId, amount: 0, sale: false, operationId: null });
  return payment.movements[payment.movements.length - 1] as Draft<Movement>;
}

function leastId(known: string | null, told: string | null): string | null {
  if (known === null || told === null) return known ?? told;
  return told < known ? told : known;
}

/**
 * The figures are a function of the set of movements and operations, whatever the order in which
 * they came: that is why reports commute (law L3).
 */
function deriveFigures(payment: Draft<Payment>): void {
  for (const operation of payment.operations) {
    operation.state = outcomeOf(operation.id, payment.movements);
  }
  const authorized = authorizedBy(payment.movements);
  const captured = sumOf(payment.movements, 'captured');
  const uncaptured = Math.max(0, authorized - captured);
  const voided = sumOf(payment.movements, 'voided');
  const rest = isFinal(payment) ? Math.max(0, uncaptured - voided) : 0;
  const refunded = sumOf(payment.movements, 'refunded') - sumOf(payment.movements, 'reversed');
  payment.authorized = authorized;
  payment.captured = captured;
  payment.released = voided + rest;
  payment.refunded = refunded;
  payment.capturePending = atMost(
    askedFor(payment.operations, 'capture'),
    authorized - captured - payment.released,
  );
  payment.refundPending = atMost(askedFor(payment.operations, 'refund'), captured - refunded);
}

/** An operation that can no longer succeed in full is in flight only as far as it still can. */
function atMost(asked: MinorUnits, possible: MinorUnits): MinorUnits {
  return Math.min(asked, Math.max(0, possible));
}

const outcomeKinds: ReadonlySet<MovementKind> = new Set([
  'authorized',
  'captured',
  'voided',
  'refunded',
]);

/** Any success settles an operation as succeeded, whatever failures were told as well. */
function outcomeOf(operationId: string, movements: readonly Movement[]): Operation['state'] {
  let state: Operation['state'] = 'pending';
  for (const movement of movements) {
    if (movement.operationId !== operationId) continue;
    if (outcomeKinds.has(movement.kind)) return 'succeeded';
    if (movement.kind === 'failed') state = 'failed';
  }
  return state;
}

function sumOf(movements: readonly Movement[], kind: MovementKind): MinorUnits {
  let sum = 0;
  for (const movement of movements) if (movement.kind === kind) sum += movement.amount;
  return sum;
}

/** A sale authorizes what it captures, unless the same object was reported as authorized too. */
function authorizedBy(movements: readonly Movement[]): MinorUnits {
  let sum = sumOf(movements, 'authorized');
  for (const sale of movements) {
    if (sale.kind !== 'captured' || !sale.sale) continue;
    const separately = movements.find(
      (other) => other.kind === 'authorized' && other.objectId === sale.objectId,
    );
    sum += Math.max(0, sale.amount - (separately?.amount ?? 0));
  }
  return sum;
}

/** After expiry, or a final capture that succeeded, nothing remains of the authorization (M2). */
function isFinal(payment: Payment): boolean {
  return (
    payment.movements.some((movement) => movement.kind === 'expired') ||
    payment.operations.some((done) => done.releaseRemainder && done.state === 'succeeded')
  );
}

const pending = { state: 'pending', releaseRemainder: false, cause: null } as const;

export const paymentRecipes: RecipesOf<'payment'> = {
  'payment.authorization_requested': (order, { paymentId, operationId, amount, method }) =>
    ask(order, paymentId, method, { ...pending, id: operationId, kind: 'authorize', amount }),
  'payment.capture_requested': (order, { paymentId, operationId, amount, releaseRemainder }) =>
    ask(order, paymentId, null, {
      ...pending,
      id: operationId,
      kind: 'capture',
      amount,
      releaseRemainder,
    }),
  'payment.void_requested': (order, { paymentId, operationId, amount, cause }) =>
    ask(order, paymentId, null, { ...pending, id: operationId, kind: 'void', amount, cause }),
  'payment.refund_requested': (order, data) => {
    const { paymentId, operationId, amount, cause } = data;
    ask(order, paymentId, null, { ...pending, id: operationId, kind: 'refund', amount, cause });
    if (data.credits) for (const part of data.allocation) credit(order, part);
  },
  'payment.authorized': report('authorized'),
  'payment.action_required': report('actionRequired'),
  'payment.authorization_failed': report('failed'),
  'payment.authorization_expired': report('expired'),
  'payment.captured': report('captured'),
  'payment.capture_failed': report('failed'),
  'payment.voided': report('voided'),
  'payment.void_failed': report('failed'),
  'payment.refunded': report('refunded'),
  'payment.refund_failed': report('failed'),
  'payment.refund_reversed': report('reversed'),
};

function credit(
  order: Draft<Order>,
  part: { readonly component: string; readonly amount: number; readonly units: number | null },
): void {
  const { component, amount, units } = part;
  if (component === 'goodwill') {
    order.goodwill += amount;
    return;
  }
  const id = component.slice(component.indexOf(':') + 1);
  if (component.startsWith('charge:')) {
    const charge = order.charges.find((candidate) => candidate.id === id);
    if (charge !== undefined) charge.creditedAmount += amount;
    return;
  }
  const line = order.lines.find((candidate) => candidate.id === id);
  if (line === undefined) return;
  line.creditedAmount += amount;
  line.creditedUnits += units ?? 0;
}
