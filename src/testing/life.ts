import type { Order } from '../order/order.ts';
import type { Operation, Payment } from '../order/payment.ts';
import { isAnswer } from './arbitraries.ts';
import type { OrderHarness } from './harness.ts';

/**
 * Runs the steps of a generated life, and calls `check` after each. Refused steps are allowed; an
 * invalid command or a defect throws.
 */
export function liveThrough(
  harness: OrderHarness,
  steps: readonly (object | number)[],
  check: () => void = () => {},
): void {
  for (const step of steps) {
    liveOneStep(harness, step as object | number);
    check();
  }
}

function liveOneStep(harness: OrderHarness, step: object | number): void {
  if (typeof step === 'number') {
    harness.advance(step);
    return;
  }
  const command = isAnswer(step as never) ? answerTo(harness) : step;
  if (command !== undefined) harness.execute(command);
}

const outcomes = {
  authorize: ['authorized', 'authorizationFailed'],
  capture: ['captured', 'captureFailed'],
  void: ['voided', 'voidFailed'],
  refund: ['refunded', 'refundFailed'],
} as const satisfies Record<Operation['kind'], readonly [string, string]>;

/** A provider's answer to the oldest operation in flight. Every third answer is a refusal. */
function answerTo({ state, events }: OrderHarness): object | undefined {
  const [oldest] = state === undefined ? [] : operationsInFlight(state.order);
  return oldest === undefined ? undefined : answerOf(oldest, events.length % 3 !== 0);
}

/** An operation that a provider has not answered yet. */
export interface InFlight {
  readonly payment: Payment;
  readonly operation: Operation;
  readonly currency: string;
}

/** All operations that providers have not answered yet, the oldest of each payment first. */
export function operationsInFlight({ payments, currency }: Order): readonly InFlight[] {
  return payments.flatMap((payment) =>
    payment.operations
      .filter(({ state }) => state === 'pending')
      .map((operation) => ({ payment, operation, currency })),
  );
}

/** The report of the result of an operation. */
export function answerOf(
  { payment, operation, currency }: InFlight,
  succeeded: boolean,
): Readonly<Record<string, unknown>> {
  const [success, failure] = outcomes[operation.kind];
  return {
    type: 'payment.report',
    paymentId: payment.id,
    operationId: operation.id,
    objectId: `answer-${operation.id}`,
    source: 'provider',
    reportId: `answer-${operation.id}`,
    outcome: succeeded ? success : failure,
    ...(succeeded ? { amount: operation.amount, currency } : {}),
  };
}
