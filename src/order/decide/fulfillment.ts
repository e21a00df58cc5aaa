import type { CommandOf } from '../commands/commands.ts';
import { fact } from '../events/events.ts';
import type { Order, Return } from '../order.ts';
import { Refusal } from '../refusal.ts';
import type { Decider } from './decider.ts';
import { idTaken, notOpen, unknownLine } from './references.ts';

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

export const decideDispatch: Decider<CommandOf<'shipment.dispatch'>> = (command, { order }) => {
  const { shipmentId, lines } = command;
  if (order.shipments.some(({ id }) => id === shipmentId)) return idTaken('shipment', shipmentId);
  const refused = unknownLine(order, lines);
  if (refused !== undefined) return refused;
  const carrier = command.carrier ?? null;
  const tracking = command.tracking ?? null;
  const reporter = { source: null, reportId: null };
  return [fact('shipment.dispatched', { shipmentId, lines, carrier, tracking, ...reporter })];
};

export const decideReturnRequest: Decider<CommandOf<'return.request'>> = (command, { order }) => {
  const { returnId, lines } = command;
  if (order.returns.some(({ id }) => id === returnId)) return idTaken('return', returnId);
  const refused = unknownLine(order, lines);
  if (refused !== undefined) return refused;
  return [fact('return.requested', { returnId, lines, reason: command.reason ?? null })];
};

export const decideReturnApprove: Decider<CommandOf<'return.approve'>> = (
  { returnId },
  { order },
) => openReturn(order, returnId) ?? [fact('return.approved', { returnId })];

export const decideReturnDecline: Decider<CommandOf<'return.decline'>> = (command, { order }) => {
  const { returnId, reason } = command;
  const refused = openReturn(order, returnId);
  return refused ?? [fact('return.declined', { returnId, reason: reason ?? null })];
};

function openReturn(order: Order, returnId: string): Refusal | undefined {
  const known = order.returns.find(({ id }) => id === returnId);
  if (known === undefined) {
    return new Refusal('unknownReference', `The order has no return "${returnId}".`, {
      figures: { returnId },
    });
  }
  return known.decision === 'open' ? undefined : decidedAlready(known);
}

function decidedAlready({ id, decision }: Return): Refusal {
  return new Refusal('alreadyUsed', `Return "${id}" is ${decision} already.`, {
    figures: { returnId: id, decision },
  });
}
