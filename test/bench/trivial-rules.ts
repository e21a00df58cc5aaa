import type { OrderStatus } from '../../src/order/lifecycle/status.ts';
import type { Order } from '../../src/order/order.ts';
import type { OrderRules, OrderState, ParsedCommand } from '../../src/rules/types.ts';

// The engine and the stores do not look at the regions.
const status = Object.freeze({ lifecycle: 'pending' }) as unknown as OrderStatus;
const data = Object.freeze({});

/**
 * Rules that permit everything and cost nothing: each command is one empty event. What an engine
 * needs with them is what it needs besides its rules.
 */
export const trivialRules: OrderRules = {
  chart: 'trivial@1',
  parse: (command) => command as ParsedCommand,
  isReport: () => false,
  decide: (_, __, { orderId, now }) => ({
    status: 'accepted',
    changed: true,
    state: stateOf(orderId, now),
    events: [{ type: 'order.touched', schemaVersion: 1, data, status, occurredAt: now }],
  }),
  fire: unused,
  explain: unused,
  replay: unused,
  brokenLaws: unused,
  checkStatus: unused,
};

function stateOf(id: string, placedAt: number): OrderState {
  // The engine looks at these fields of an order and at no others.
  const order = { id, number: null, customerId: null, placedAt, archivedAt: null };
  return { order: order as unknown as Order, status, deadlines: [] };
}

function unused(): never {
  throw new Error('The benchmark needs no such rule.');
}
