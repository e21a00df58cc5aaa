import type { CommandOf } from '../commands/commands.ts';
import { type EventType, fact } from '../events/events.ts';
import type { LineUnits, Order, Return } from '../order.ts';
import { Refusal } from '../refusal.ts';
import type { Decider } from './decider.ts';
import { idTaken, unknownLine } from './references.ts';
import { keptTold, unitsTold } from './told.ts';

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

/**
 * Units that never arrived are no longer expected; units not inspected count as not accepted. A
 * declined return can be closed too if its goods arrived anyway.
 */
export const decideReturnClose: Decider<CommandOf<'return.close'>> = ({ returnId }, { order }) => {
  const known = findReturn(order, returnId);
  if (known instanceof Refusal) return known;
  if (known.isClosed) return over(known, 'closed');
  if (known.decision === 'declined' && known.received.length === 0) return over(known, 'declined');
  return [fact('return.closed', { returnId, cause: 'request' })];
};

function findReturn(order: Order, returnId: string): Return | Refusal {
  const known = order.returns.find(({ id }) => id === returnId);
  return (
    known ??
    new Refusal('unknownReference', `The order has no return "${returnId}".`, {
      figures: { returnId },
    })
  );
}

function openReturn(order: Order, returnId: string): Refusal | undefined {
  const known = findReturn(order, returnId);
  if (known instanceof Refusal) return known;
  if (known.isClosed) return over(known, 'closed');
  return known.decision === 'open' ? undefined : over(known, known.decision);
}

function over({ id }: Return, decision: string): Refusal {
  return new Refusal('alreadyUsed', `Return "${id}" is already ${decision}.`, {
    figures: { returnId: id, decision },
  });
}

export const decideReturnReport: Decider<CommandOf<'return.report'>> = (report, { order }) => {
  const refused = unknownLines(order, report);
  if (refused !== undefined) return refused;
  const { returnId, source, reportId, occurredAt } = report;
  const known: Return | undefined = order.returns.find(({ id }) => id === returnId);
  const data = { returnId, source, reportId };
  if (report.outcome === 'inspected') {
    const accepted = unitsTold(known?.accepted, report.accepted);
    const rejected = unitsTold(known?.rejected, report.rejected);
    const judged = { accepted: accepted.lines, acceptedDelta: accepted.delta };
    const refusedUnits = { rejected: rejected.lines, rejectedDelta: rejected.delta };
    return [fact('return.inspected', { ...data, ...judged, ...refusedUnits }, occurredAt)];
  }
  const { outcome: stage, lines } = report;
  const units =
    stage === 'inTransit' ? unitsTold(known?.inTransit, lines) : keptTold(known, stage, lines);
  return [fact(stageEvents[stage], { ...data, ...units }, occurredAt)];
};

const stageEvents = {
  inTransit: 'return.in_transit',
  received: 'return.received',
  sentBack: 'return.sent_back',
} as const satisfies Record<string, EventType>;

function unknownLines(order: Order, report: CommandOf<'return.report'>): Refusal | undefined {
  const told: readonly LineUnits[] =
    report.outcome === 'inspected'
      ? [...(report.accepted ?? []), ...(report.rejected ?? [])]
      : report.lines;
  return unknownLine(order, told);
}
