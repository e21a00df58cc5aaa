import type { CommandOf } from '../commands/commands.ts';
import { type EventType, fact } from '../events/events.ts';
import type { Decider } from './decider.ts';
import { idTaken, unknownLine } from './references.ts';
import { shipmentOf, unitsTold } from './told.ts';

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
  delivered: 'shipment.delivered',
  lost: 'shipment.lost',
  returnedToSender: 'shipment.returned_to_sender',
} as const satisfies Record<ShipmentReport['outcome'], EventType>;

export const decideShipmentReport: Decider<ShipmentReport> = (report, { order }) => {
  const { shipmentId, lines, source, reportId, outcome, occurredAt } = report;
  const refused = unknownLine(order, lines);
  if (refused !== undefined) return refused;
  const carrier = report.carrier ?? null;
  const tracking = report.tracking ?? null;
  const known = shipmentOf(order, shipmentId)?.[outcome];
  const data = { shipmentId, ...unitsTold(known, lines), carrier, tracking, source, reportId };
  return [fact(shipmentEvents[outcome], data, occurredAt)];
};
