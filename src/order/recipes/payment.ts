import type { Draft } from 'immer';
import { disputedOf } from '../disputes.ts';
import type { Order } from '../order.ts';
import type { Movement, MovementKind, Operation, Payment } from '../payment.ts';
import type { Timestamp } from '../values.ts';
import { creditComponents } from './credit.ts';
import { leastText } from './least.ts';
import { paymentFigures, withOutcomes } from './payment-figures.ts';
import type { Moment, RecipesOf } from './recipe.ts';

type ReportData = {
  readonly paymentId: string;
  readonly objectId: string;
  readonly operationId: string | null;
  readonly method: string | null;
  readonly amount?: number;
  readonly sale?: boolean;
};

/** Records what a provider reported, and recomputes the payment's figures. */
function report(kind: MovementKind) {
  return (order: Draft<Order>, data: ReportData, { recordedAt }: Moment, before: Order): void => {
    const { paymentId, method } = data;
    const written = { order, before, recordedAt };
    changePayment(written, paymentId, method, ({ movements }) => {
      const told = withMovement(movements, kind, data);
      return told === movements ? undefined : { movements: told };
    });
  };
}

/** Records an operation requested from the provider. */
function ask(
  written: Written,
  data: { readonly paymentId: string; readonly method?: string | null },
  operation: Operation,
): void {
  changePayment(written, data.paymentId, data.method ?? null, (payment) => ({
    operations: [...payment.operations, operation],
  }));
}

/** The draft to write to, the order before, and the time of recording. */
export interface Written {
  readonly order: Draft<Order>;
  readonly before: Order;
  readonly recordedAt: Timestamp;
}

type Ledger = Partial<Pick<Payment, 'movements' | 'operations' | 'disputes'>>;

/** Replaces a payment as a whole; does not touch the order if nothing about the payment changes. */
export function changePayment(
  { order, before, recordedAt }: Written,
  id: string,
  method: string | null,
  change: (payment: Payment) => Ledger | undefined,
): void {
  const at = before.payments.findIndex((payment) => payment.id === id);
  const known = before.payments[at];
  const payment = known ?? newPayment(id);
  // If reports name different methods, the lesser name wins, so that reports commute.
  const chosen = leastText(payment.method, method);
  const ledger = change(payment);
  if (known !== undefined && ledger === undefined && chosen === payment.method) return;
  order.moneyChangedAt = recordedAt;
  const changed = derived({ ...payment, ...ledger, method: chosen }) as Draft<Payment>;
  if (known === undefined) order.payments.push(changed);
  else order.payments[at] = changed;
}

function newPayment(id: string): Payment {
  return {
    id,
    method: null,
    authorized: 0,
    captured: 0,
    capturePending: 0,
    released: 0,
    refunded: 0,
    refundPending: 0,
    movements: [],
    operations: [],
  };
}

/** Returns the movements after a report: the same list if the report contains nothing new. */
function withMovement(
  movements: readonly Movement[],
  kind: MovementKind,
  { objectId, operationId, amount = 0, sale = false }: ReportData,
): readonly Movement[] {
  const at = movements.findIndex((entry) => entry.kind === kind && entry.objectId === objectId);
  const known = movements[at];
  if (known === undefined) return [...movements, { kind, objectId, amount, sale, operationId }];
  const told = {
    kind,
    objectId,
    amount: Math.max(known.amount, amount),
    sale: known.sale || sale,
    operationId: leastText(known.operationId, operationId),
  };
  const isNew =
    told.amount !== known.amount ||
    told.sale !== known.sale ||
    told.operationId !== known.operationId;
  return isNew ? movements.with(at, told) : movements;
}

function derived(payment: Payment): Payment {
  const operations = withOutcomes(payment.operations, payment.movements);
  const figures = paymentFigures(payment.movements, operations, disputedOf(payment));
  return { ...payment, ...figures, operations };
}

const pending = { state: 'pending', releaseRemainder: false, cause: null } as const;

/** The recipes of reports about disputes are in `disputeRecipes`. */
export const paymentRecipes: Omit<RecipesOf<'payment'>, `payment.dispute_${string}`> = {
  'payment.authorization_requested': (order, data, { recordedAt }, before) => {
    const { operationId: id, amount } = data;
    ask({ order, before, recordedAt }, data, { ...pending, id, kind: 'authorize', amount });
  },
  'payment.capture_requested': (order, data, { recordedAt }, before) => {
    const { operationId: id, amount, releaseRemainder } = data;
    ask({ order, before, recordedAt }, data, {
      ...pending,
      id,
      kind: 'capture',
      amount,
      releaseRemainder,
    });
  },
  'payment.void_requested': (order, data, { recordedAt }, before) => {
    const { operationId: id, amount, cause } = data;
    ask({ order, before, recordedAt }, data, { ...pending, id, kind: 'void', amount, cause });
  },
  'payment.refund_requested': (order, data, { recordedAt }, before) => {
    const { operationId: id, amount, cause } = data;
    ask({ order, before, recordedAt }, data, { ...pending, id, kind: 'refund', amount, cause });
    if (data.credits) creditComponents(order, data, before);
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
