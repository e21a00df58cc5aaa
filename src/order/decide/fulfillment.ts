import type { CommandOf } from '../commands/commands.ts';
import { fact } from '../events/events.ts';
import { grantedShipment } from '../recipes/shipment.ts';
import type { Decider } from './decider.ts';
import { idTaken, notOpen, unknownLine } from './references.ts';
import { shipmentOf, unitsTold } from './told.ts';

export const decideFulfillment: Decider<CommandOf<'fulfillment.request'>> = (
  command,
  { order },
) => {
  const { fulfillmentId, lines } = command;
  if (order.fulfillments.some(({ id }) => id === fulfillmentId)) {
    return idTaken('fulfillment', fulfillmentId);
  }
  const refused = unknownLine(order, lines) ?? notOpen(order, lines);
  return refused ?? [fact('fulfillment.requested', { fulfillmentId, lines })];
};

export const decideFulfillmentReport: Decider<CommandOf<'fulfillment.report'>> = (
  { objectId, lines, source, reportId, occurredAt },
  { order },
) => {
  const known = shipmentOf(order, grantedShipment(objectId))?.delivered;
  const dated = occurredAt !== undefined;
  const data = { objectId, ...unitsTold(known, lines), source, reportId, dated };
  return unknownLine(order, lines) ?? [fact('fulfillment.granted', data, occurredAt)];
};
