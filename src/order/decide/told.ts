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
  { dispatched, voided }: Stages<'dispatched' | 'voided'> = nothingShipped,
  stage: 'dispatched' | 'voided',
  told: readonly LineUnits[],
) {
  const known = { dispatched, voided };
  return netTold(known, stage, told, { net: shippedBy, isAdded: stage === 'dispatched' });
}

/** As {@link shippedTold}, of a return: the sum over all events is what was received and kept. */
export function keptTold(
  { received, sentBack = none }: Pick<Return, 'received' | 'sentBack'> = { received: none },
  stage: 'received' | 'sentBack',
  told: readonly LineUnits[],
) {
  const known = { received, sentBack };
  return netTold(known, stage, told, { net: keptBy, isAdded: stage === 'received' });
}

type Stages<Stage extends string> = Readonly<Record<Stage, readonly LineUnits[]>>;

const nothingShipped: Stages<'dispatched' | 'voided'> = { dispatched: none, voided: none };

/** Of two stages, one of which adds to a net figure and the other takes off it. */
function netTold<Stage extends string>(
  before: Stages<Stage>,
  stage: Stage,
  told: readonly LineUnits[],
  { net, isAdded }: { net(stages: Stages<Stage>): readonly LineUnits[]; isAdded: boolean },
) {
  const [was, is] = [net(before), net({ ...before, [stage]: raisedTo(before[stage], told) })];
  const delta = isAdded ? raisedBy(was, is) : raisedBy(is, was);
  return { lines: [...soFar(before[stage], told)], delta: [...delta] };
}

/** Finds a shipment of the order. */
export function shipmentOf(order: Order, shipmentId: string): Shipment | undefined {
  return order.shipments.find(({ id }) => id === shipmentId);
}
