import type { Draft } from 'immer';
import type { Line, LineUnits, Order, Shipment } from '../order.ts';
import { differences, foundIn, raisedBy, raisedTo, shippedBy } from '../units-so-far.ts';
import { leastText } from './least.ts';
import { positionsOf } from './positions.ts';
import type { Moment, RecipesOf } from './recipe.ts';

const counterOf = {
  delivered: 'delivered',
  lost: 'lost',
  returnedToSender: 'returnedToSender',
} as const satisfies Partial<Record<keyof Shipment, keyof Line>>;

/** Dispatched and voided units share one counter: `shipped`. */
type Stage = 'dispatched' | 'voided' | keyof typeof counterOf;

interface ShipmentData {
  readonly shipmentId: string;
  readonly lines: readonly LineUnits[];
  readonly carrier: string | null;
  readonly tracking: string | null;
  /** For a delivery: whether the report gave its time. */
  readonly dated?: boolean;
}

export function reach(...stages: readonly Stage[]) {
  return (order: Draft<Order>, data: ShipmentData, moment: Moment, before: Order): void => {
    const at = before.shipments.findIndex(({ id }) => id === data.shipmentId);
    const known = before.shipments[at];
    const first = known ?? newShipment(data.shipmentId);
    let changed = withNames(first, data);
    for (const stage of stages) {
      if (stage === 'delivered') changed = withDelivery(changed, data, moment);
      if (raisedBy(changed[stage], data.lines).length === 0) continue;
      changed = { ...changed, [stage]: raisedTo(changed[stage], data.lines) };
    }
    if (changed === known) return;
    if (known === undefined) order.shipments.push(changed as Draft<Shipment>);
    else order.shipments[at] = changed as Draft<Shipment>;
    countUnits(order, before, first, changed);
    if (changed.deliveredAt !== first.deliveredAt) noteDelivery(order, before, changed);
  };
}

/** Moves the counters of the lines by the changes in the shipment. */
function countUnits(order: Draft<Order>, before: Order, known: Shipment, changed: Shipment): void {
  addToLines(order, before, 'shipped', differences(shippedBy(known), shippedBy(changed)));
  for (const stage of Object.keys(counterOf) as readonly (keyof typeof counterOf)[]) {
    addToLines(order, before, counterOf[stage], raisedBy(known[stage], changed[stage]));
  }
  addToLines(order, before, 'found', differences(foundIn(known), foundIn(changed)));
}

/**
 * The latest reported time counts; if no report gave one, the time of the first recording. Neither
 * depends on how often or in which sequence deliveries are reported (laws L2 and L3).
 */
function withDelivery(shipment: Shipment, { dated }: ShipmentData, moment: Moment) {
  const { deliveredAt, deliveryDated } = shipment;
  const { occurredAt, recordedAt } = moment;
  if (!dated) return deliveredAt === null ? { ...shipment, deliveredAt: recordedAt } : shipment;
  if (deliveryDated && (deliveredAt ?? 0) >= occurredAt) return shipment;
  return { ...shipment, deliveredAt: occurredAt, deliveryDated: true };
}

/** Reads all shipments: a reported time may be earlier than the recorded one that it replaces. */
function noteDelivery(order: Draft<Order>, before: Order, changed: Shipment): void {
  const others = before.shipments.filter(({ id }) => id !== changed.id);
  order.deliveredAt = Math.max(...[changed, ...others].map(({ deliveredAt }) => deliveredAt ?? 0));
}

/** If reports differ, the lesser text wins, so that reports commute. */
function withNames(shipment: Shipment, told: ShipmentData): Shipment {
  const carrier = leastText(shipment.carrier, told.carrier);
  const tracking = leastText(shipment.tracking, told.tracking);
  const isSame = carrier === shipment.carrier && tracking === shipment.tracking;
  return isSame ? shipment : { ...shipment, carrier, tracking };
}

function newShipment(id: string): Shipment {
  return {
    id,
    carrier: null,
    tracking: null,
    dispatched: [],
    voided: [],
    delivered: [],
    lost: [],
    returnedToSender: [],
    deliveredAt: null,
    deliveryDated: false,
  };
}

type Counter =
  | 'shipped'
  | 'delivered'
  | 'lost'
  | 'returnedToSender'
  | 'found'
  | 'returned'
  | 'returnRequested';

/** Adds units to the counters of their lines. */
export function addToLines(
  order: Draft<Order>,
  before: Order,
  counter: Counter,
  raised: readonly LineUnits[],
): void {
  const at = positionsOf(before.lines);
  for (const { lineId, units } of raised) {
    const line = order.lines[at(lineId)];
    if (line !== undefined) line[counter] += units;
  }
}

export const shipmentRecipes: RecipesOf<'shipment'> = {
  'shipment.dispatched': reach('dispatched'),
  'shipment.voided': reach('voided'),
  'shipment.delivered': reach('delivered'),
  'shipment.lost': reach('lost'),
  'shipment.returned_to_sender': reach('returnedToSender'),
};

/** Returns the id of the shipment that represents a grant. */
export const grantedShipment = (objectId: string) => `grant:${objectId}`;
