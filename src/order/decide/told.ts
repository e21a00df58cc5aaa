import type { LineUnits, Order, Shipment } from '../order.ts';
import { raisedBy, raisedTo, shippedBy, soFar } from '../units-so-far.ts';

/** The units so far, and what this report adds to them, line by line. */
export function unitsTold(known: readonly LineUnits[] = [], told: readonly LineUnits[] = []) {
  return { lines: [...soFar(known, told)], delta: [...raisedBy(known, told)] };
}

/**
 * The units of a shipment that were dispatched or voided so far, and what this report adds to those
 * that count as shipped, or takes off them: the sum over all events is what is shipped.
 */
export function shippedTold(
  known: Shipment | undefined,
  stage: 'dispatched' | 'voided',
  told: readonly LineUnits[],
) {
  const before = { dispatched: known?.dispatched ?? [], voided: known?.voided ?? [] };
  const after = { ...before, [stage]: raisedTo(before[stage], told) };
  const [was, is] = [shippedBy(before), shippedBy(after)];
  const delta = stage === 'dispatched' ? raisedBy(was, is) : raisedBy(is, was);
  return { lines: [...soFar(before[stage], told)], delta: [...delta] };
}

/** A shipment that is known already. */
export function shipmentOf(order: Order, shipmentId: string): Shipment | undefined {
  return order.shipments.find(({ id }) => id === shipmentId);
}
