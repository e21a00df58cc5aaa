import type { Order } from '../order.ts';
import { creditDelayMs, settlementDelayMs } from '../settlement.ts';

/** How long each named delay of the chart is for an order, in milliseconds; none sets no timer. */
export const orderDelays = {
  unpaidTimeout: (order) => order.policy.unpaidTimeoutMs,
  settlementDelay: settlementDelayMs,
  creditDelay: creditDelayMs,
} as const satisfies Record<string, (order: Order) => number | undefined>;
