import type { Draft } from 'immer';
import type { Line, LineUnits, Order, Shipment } from '../order.ts';
import type { Units } from '../values.ts';
import type { Moment, RecipesOf } from './recipe.ts';

type Stage = 'dispatched' | 'delivered' | 'lost' | 'returnedToSender';

const counterOf = {
  dispatched: 'shipped',
  delivered: 'delivered',
  lost: 'lost',
  returnedToSender: 'returnedToSender',
} as const satisfies Record<Stage, keyof Line>;

interface ShipmentData {
  readonly shipmentId: string;
  readonly lines: readonly LineUnits[];
  readonly carrier: string | null;
  readonly tracking: string | null;
}

function reach(stage: Stage) {
  return (order: Draft<Order>, data: ShipmentData, moment: Moment): void => {
    const shipment = shipmentFor(order, data.shipmentId);
    // Told twice differently, the lesser text wins, so that reports commute.
    if (data.carrier !== null) shipment.carrier = least(shipment.carrier, data.carrier);
    if (data.tracking !== null) shipment.tracking = least(shipment.tracking, data.tracking);
    const raised = raiseUnits(shipment[stage], data.lines);
    for (const { lineId, units } of raised) addToLine(order, lineId, counterOf[stage], units);
    if (stage === 'delivered') noteDelivery(order, moment, raised.length > 0);
  };
}

/**
 * The latest delivery known, by the time it happened: the same in whatever order it is told. Where
 * nobody said when, it is the time of telling, and that of the first telling counts (law L2).
 */
function noteDelivery(order: Draft<Order>, moment: Moment, isNew: boolean): void {
  const { occurredAt, recordedAt } = moment;
  if (!isNew && occurredAt === recordedAt) return;
  if (order.deliveredAt === null || occurredAt > order.deliveredAt) order.deliveredAt = occurredAt;
}

function least(known: string | null, told: string): string {
  return known === null || told < known ? told : known;
}

function shipmentFor(order: Draft<Order>, id: string): Draft<Shipment> {
  const known = order.shipments.find((shipment) => shipment.id === id);
  if (known !== undefined) return known;
  order.shipments.push({
    id,
    carrier: null,
    tracking: null,
    dispatched: [],
    delivered: [],
    lost: [],
    returnedToSender: [],
  });
  return order.shipments[order.shipments.length - 1] as Draft<Shipment>;
}

/**
 * Raises what is known of each line to what is told, never lowers it, and answers by how much:
 * a repeated or late report changes nothing, and any order of reports ends in the same units.
 */
export function raiseUnits(
  known: Draft<LineUnits>[],
  told: readonly LineUnits[],
): readonly LineUnits[] {
  const raised: LineUnits[] = [];
  for (const { lineId, units } of told) {
    const entry = known.find((candidate) => candidate.lineId === lineId);
    const before = entry?.units ?? 0;
    if (units <= before) continue;
    if (entry === undefined) known.push({ lineId, units });
    else entry.units = units;
    raised.push({ lineId, units: units - before });
  }
  return raised;
}

type Counter = 'shipped' | 'delivered' | 'lost' | 'returnedToSender' | 'returned';

export function addToLine(
  order: Draft<Order>,
  lineId: string,
  counter: Counter,
  units: Units,
): void {
  const line = order.lines.find((candidate) => candidate.id === lineId);
  if (line !== undefined) line[counter] += units;
}

export const shipmentRecipes: RecipesOf<'shipment'> = {
  'shipment.dispatched': reach('dispatched'),
  'shipment.delivered': reach('delivered'),
  'shipment.lost': reach('lost'),
  'shipment.returned_to_sender': reach('returnedToSender'),
};

export const fulfillmentRecipes: RecipesOf<'fulfillment'> = {
  'fulfillment.requested': (order, { fulfillmentId, lines }) => {
    order.fulfillments.push({ id: fulfillmentId, lines: lines.map((line) => ({ ...line })) });
  },
  // What needs no shipping is handed over and delivered in one: a shipment of its own kind.
  'fulfillment.granted': (order, { objectId, lines }, moment) => {
    const grant = { shipmentId: `grant:${objectId}`, lines, carrier: null, tracking: null };
    reach('dispatched')(order, grant, moment);
    reach('delivered')(order, grant, moment);
  },
};
