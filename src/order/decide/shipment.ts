import type { CommandOf } from '../commands/commands.ts';
import { type EventType, fact } from '../events/events.ts';
import type { Decider } from './decider.ts';
import { idTaken, unknownLine } from './references.ts';
import { shipmentOf, shippedTold, unitsTold } from './told.ts';

type ShipmentReport = CommandOf<'shipment.report'>;

export const decideDispatch: Decider<CommandOf<'shipment.dispatch'>> = (command, { order }) => {
  const { shipmentId, lines } = command;
  if (order.shipments.some(({ id }) => id === shipmentId)) return idTaken('shipment', shipmentId);
  const refused = unknownLine(order, lines);
  if (refused !== undefined) return refused;
  const carrier = command.carrier ?? null;
  const tracking = command.tracking ?? null;
  const reporter = { source: null, reportId: null };
  const data = { shipmentId, lines, delta: lines, carrier, tracking, ...reporter };
  return [fact('shipment.dispatched', data)];
};

const shipmentEvents = {
  dispatched: 'shipment.dispatched',
  voided: 'shipment.voided',
  lost: 'shipment.lost',
  returnedToSender: 'shipment.returned_to_sender',
} as const satisfies Record<Exclude<ShipmentReport['outcome'], 'delivered'>, EventType>;

export const decideShipmentReport: Decider<ShipmentReport> = (report, { order }) => {
  const { shipmentId, lines, source, reportId, outcome, occurredAt } = report;
  const refused = unknownLine(order, lines);
  if (refused !== undefined) return refused;
  const carrier = report.carrier ?? null;
  const tracking = report.tracking ?? null;
  const names = { carrier, tracking, source, reportId };
  const known = shipmentOf(order, shipmentId);
  switch (outcome) {
    case 'dispatched':
    case 'voided': {
      const data = { shipmentId, ...shippedTold(known, outcome, lines), ...names };
      return [fact(shipmentEvents[outcome], data, occurredAt)];
    }
    case 'delivered': {
      const dated = occurredAt !== undefined;
      const data = { shipmentId, ...unitsTold(known?.delivered, lines), ...names, dated };
      return [fact('shipment.delivered', data, occurredAt)];
    }
    default: {
      const data = { shipmentId, ...unitsTold(known?.[outcome], lines), ...names };
      return [fact(shipmentEvents[outcome], data, occurredAt)];
    }
  }
};
