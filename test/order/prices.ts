import type { OrderHarness } from '../../src/testing/harness.ts';
import { lastOperation, paid, refunded, refundUnits, sold } from './commands.ts';

/** The prices that events tell of what goes back, and refunds that are settled one after the other. */

export interface Price {
  readonly amount: number;
  readonly net: number;
  readonly tax: number;
  readonly taxes?: readonly { readonly code: string; readonly amount: number }[];
}

/** The prices in the last event of a type: of its lines, or of its allocation. */
export function pricesIn({ events }: OrderHarness, type: string): readonly Price[] {
  const data = events.findLast((event) => event.type === type)?.data;
  return (data?.['lines'] ?? data?.['allocation'] ?? []) as unknown as readonly Price[];
}

/** What a refund of a paid order asks back, as its event tells it. */
export function askedBack(order: object, total: number, refund: object): readonly Price[] {
  const { harness } = paid.given(order, sold(total)).when(refund);
  return pricesIn(harness, 'payment.refund_requested');
}

/** Refunds by each command in turn, settled at once; answers what each gave back. */
export function refundEach(harness: OrderHarness, commands: readonly object[], currency = 'EUR') {
  return commands.map((command, at) => {
    const decision = harness.execute(command);
    if (decision.status === 'rejected') throw new Error(decision.rejection.message);
    const prices = pricesIn(harness, 'payment.refund_requested');
    const amount = prices.reduce((sum, price) => sum + price.amount, 0);
    const operationId = lastOperation({ harness });
    harness.execute(refunded(amount, { operationId, currency, objectId: `refund-${at}` }));
    return prices;
  });
}

/** The units of line `a`, each in a refund of its own. */
export const oneByOne = (units: number) =>
  Array.from({ length: units }, () => refundUnits({ a: 1 }, 'correction'));

export const refundOf = (component: string, amount: number, currency = 'EUR') => ({
  type: 'payment.refund',
  cause: 'correction',
  of: { kind: 'components', components: [{ component, amount }], currency },
});

/** What prices that include their tax say of it. */
export const included = (tax: number, more: object = {}) => ({ tax, taxIncluded: true, ...more });
