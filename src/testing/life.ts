import type { Operation, Payment } from '../order/payment.ts';
import { isAnswer } from './arbitraries.ts';
import type { OrderHarness } from './harness.ts';

/**
 * Leads an order through a generated life and calls `check` after every step. Refused steps
 * belong to life; an invalid command or a defect is thrown.
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
  authorize: ['authorized', 'failed'],
  capture: ['captured', 'captureFailed'],
  void: ['voided', 'voidFailed'],
  refund: ['refunded', 'refundFailed'],
} as const satisfies Record<Operation['kind'], readonly [string, string]>;

/** A provider's answer to the oldest operation in flight: every third one is a refusal. */
function answerTo(harness: OrderHarness): object | undefined {
  const { state } = harness;
  if (state === undefined) return undefined;
  for (const payment of state.order.payments) {
    const operation = payment.operations.find((candidate) => candidate.state === 'pending');
    if (operation !== undefined) return answer(harness, payment, operation, state.order.currency);
  }
  return undefined;
}

function answer(
  { events }: OrderHarness,
  payment: Payment,
  operation: Operation,
  currency: string,
): object {
  const [success, failure] = outcomes[operation.kind];
  const fails = events.length % 3 === 0;
  return {
    type: 'payment.report',
    paymentId: payment.id,
    operationId: operation.id,
    objectId: `answer-${operation.id}`,
    source: 'provider',
    reportId: `answer-${operation.id}`,
    outcome: fails ? failure : success,
    ...(fails ? {} : { amount: operation.amount, currency }),
  };
}
