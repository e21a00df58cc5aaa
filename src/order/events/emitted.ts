import { figuresOf } from '../figures.ts';
import type { Order } from '../order.ts';
import type { JsonObject } from '../values.ts';

/**
 * Returns the data of an event that the chart emits. The chart emits only names, so the data come
 * from the order at the time the event is applied.
 */
export function emittedData(type: string, order: Order): JsonObject {
  if (type !== 'order.confirmed') return {};
  const { customerId, currency } = order;
  return { customerId, currency, total: figuresOf(order).confirmTotal };
}
