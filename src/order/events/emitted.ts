import { figuresOf } from '../figures.ts';
import type { Order } from '../order.ts';
import type { JsonObject } from '../values.ts';

/**
 * The data of an event that the chart emits. The chart knows names alone: what else there is to
 * say is read from the order as it is when the event's turn comes.
 */
export function emittedData(type: string, order: Order): JsonObject {
  if (type !== 'order.confirmed') return {};
  const { customerId, currency } = order;
  return { customerId, currency, total: figuresOf(order).confirmTotal };
}
