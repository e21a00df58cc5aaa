import type { Draft } from 'immer';
import type { Line, LineUnits, Order, Shipment } from '../order.ts';
import { raisedBy, raisedTo } from '../units-so-far.ts';
import { positionsOf } from './positions.ts';
import type { Moment, RecipesOf } from './recipe.ts';

const counterOf = {
  dispatched: 'shipped',
  delivered: 'delivered',
  lost: 'lost',
  returnedToSender: 'returnedToSender',
} as const satisfies Partial<Record<keyof Shipment, keyof Line>>;

type Stage = keyof typeof counterOf;

interface ShipmentData {
  readonly shipmentId: string;
  readonly lines: readonly LineUnits[];
  readonly carrier: string | null;
  readonly tracking: string | null;
}

export function reach(...stages: readonly Stage[]) {
  return (order: Draft<Order>, data: ShipmentData, moment: Moment, before: Order): void => {
    const at = before.shipments.findIndex(({ id }) => id === data.shipmentId);
    const known = before.shipments[at];
    let changed = withNames(known ?? newShipment(data.shipmentId), data);
    for (const stage of stages) {
      const raised = raisedBy(changed[stage], data.lines);
      addToLines(order, before, counterOf[stage], raised);
      if (stage === 'delivered') noteDelivery(order, before, moment, raised.length > 0);
      if (raised.length === 0) continue;
      changed = { ...changed, [stage]: raisedTo(changed[stage], data.lines) };
    }
    if (known === undefined) order.shipments.push(changed as Draft<Shipment>);
    else if (changed !== known) order.shipments[at] = changed as Draft<Shipment>;
  };
}

/**
 * The latest delivery known, by the time it happened: the same in whatever order it is told. Where
 * nobody said when, it is the time of telling, and that of the first telling counts (law L2).
 */
function noteDelivery(order: Draft<Order>, before: Order, moment: Moment, isNew: boolean): void {
  const { occurredAt, recordedAt } = moment;
  const { deliveredAt } = before;
  if (!isNew && occurredAt === recordedAt) return;
  if (deliveredAt === null || occurredAt > deliveredAt) order.deliveredAt = occurredAt;
}

/** Told twice differently, the lesser text wins, so that reports commute. */
function withNames(shipment: Shipment, told: ShipmentData): Shipment {
  const carrier = least(shipment.carrier, told.carrier);
  const tracking = least(shipment.tracking, told.tracking);
  const isSame = carrier === shipment.carrier && tracking === shipment.tracking;
  return isSame ? shipment : { ...shipment, carrier, tracking };
}

function least(known: string | null, told: string | null): string | null {
  if (known === null || told === null) return known ?? told;
  return told < known ? told : known;
}

function newShipment(id: string): Shipment {
  return {
    id,
    carrier: null,
    tracking: null,
    dispatched: [],
    delivered: [],
    lost: [],
    returnedToSender: [],
  };
}

type Counter = 'shipped' | 'delivered' | 'lost' | 'returnedToSender' | 'returned';

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
  'shipment.delivered': reach('delivered'),
  'shipment.lost': reach('lost'),
  'shipment.returned_to_sender': reach('returnedToSender'),
};

/** The shipment that stands for a grant. */
export const grantedShipment = (objectId: string) => `grant:${objectId}`;
