import type { Order } from '../order.ts';

/** How long each named delay of the chart is for an order, in milliseconds. */
export const orderDelays = {
  unpaidTimeout: (order) => order.policy.unpaidTimeoutMs,
} as const satisfies Record<string, (order: Order) => number>;
