import type { LineUnits, Order, Return, Shipment } from '../order.ts';
import { keptBy, raisedBy, raisedTo, shippedBy, soFar } from '../units-so-far.ts';

const none: readonly LineUnits[] = [];

/** Returns the units so far, and what this report adds to them, by line. */
export function unitsTold(known: readonly LineUnits[] = none, told: readonly LineUnits[] = none) {
  return { lines: [...soFar(known, told)], delta: [...raisedBy(known, told)] };
}

/**
 * Returns the units of a shipment dispatched or voided so far, and how many this report adds to the
 * shipped units, or takes off them: what all dispatches add less what all voids take is shipped.
 */
export function shippedTold(
  known: Shipment | undefined,
  stage: 'dispatched' | 'voided',
  told: readonly LineUnits[],
) {
  const before = { dispatched: known?.dispatched ?? none, voided: known?.voided ?? none };
  const after = { ...before, [stage]: raisedTo(before[stage], told) };
  const [was, is] = [shippedBy(before), shippedBy(after)];
  const delta = stage === 'dispatched' ? raisedBy(was, is) : raisedBy(is, was);
  return { lines: [...soFar(before[stage], told)], delta: [...delta] };
}

/** As {@link shippedTold}, of a return: the sum over all events is what was received and kept. */
export function keptTold(
  known: Return | undefined,
  stage: 'received' | 'sentBack',
  told: readonly LineUnits[],
) {
  const before = { received: known?.received ?? none, sentBack: known?.sentBack ?? none };
  const after = { ...before, [stage]: raisedTo(before[stage], told) };
  const [was, is] = [keptBy(before), keptBy(after)];
  const delta = stage === 'received' ? raisedBy(was, is) : raisedBy(is, was);
  return { lines: [...soFar(before[stage], told)], delta: [...delta] };
}

/** Finds a shipment of the order. */
export function shipmentOf(order: Order, shipmentId: string): Shipment | undefined {
  return order.shipments.find(({ id }) => id === shipmentId);
}
