import type { LineUnits, Order, Shipment } from '../order.ts';
import { raisedBy, soFar } from '../units-so-far.ts';

/** The units so far, and what this report adds to them, line by line. */
export function unitsTold(known: readonly LineUnits[] = [], told: readonly LineUnits[] = []) {
  return { lines: [...soFar(known, told)], delta: [...raisedBy(known, told)] };
}

/** A shipment that is known already. */
export function shipmentOf(order: Order, shipmentId: string): Shipment | undefined {
  return order.shipments.find(({ id }) => id === shipmentId);
}
