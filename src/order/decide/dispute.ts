import type { CommandOf } from '../commands/commands.ts';
import { disputeStateOf, evidenceDeadlineName, isEvidenceDue, latestOf } from '../disputes.ts';
import { type CoreFact, fact } from '../events/events.ts';
import type { Order } from '../order.ts';
import type { Dispute } from '../payment.ts';
import { Refusal } from '../refusal.ts';
import type { MinorUnits } from '../values.ts';
import type { Decider } from './decider.ts';
import { findPayment } from './references.ts';

type Submit = CommandOf<'dispute.submit'>;
type Concede = CommandOf<'dispute.concede'>;

/** The evidence is the host's: the handler of the event sends it. It can be submitted repeatedly. */
export const decideDisputeSubmit: Decider<Submit> = (command, { order }) => {
  const { paymentId, disputeId } = command;
  const evidenceId = command.evidenceId ?? null;
  const data = { paymentId, disputeId, evidenceId };
  return notContested(command, order) ?? [fact('dispute.submission_requested', data)];
};

/** The dispute stays open until the provider reports it as lost. */
export const decideDisputeConcede: Decider<Concede> = (command, { order }) => {
  const { paymentId, disputeId } = command;
  const data = { paymentId, disputeId };
  return notContested(command, order) ?? [fact('dispute.concession_requested', data)];
};

/** Refuses an unknown dispute, and one that is over or conceded. */
function notContested(
  { paymentId, disputeId }: Submit | Concede,
  order: Order,
): Refusal | undefined {
  const payment = findPayment(order, paymentId);
  if (payment instanceof Refusal) return payment;
  const dispute = payment.disputes?.find(({ id }) => id === disputeId);
  if (dispute === undefined) {
    return new Refusal(
      'unknownReference',
      `Payment "${paymentId}" has no dispute "${disputeId}": its reports name it as objectId.`,
      { figures: { paymentId, disputeId } },
    );
  }
  const state = disputeStateOf(dispute);
  if (state === 'open' && !dispute.isConceded) return undefined;
  const is = state === 'open' ? 'conceded' : state;
  const { withdrawn, reinstated } = dispute;
  return new Refusal('alreadyUsed', `Dispute "${disputeId}" is already ${is}.`, {
    figures: { paymentId, disputeId, state: is, withdrawn, reinstated },
  });
}

/** The outcomes of `payment.report` about disputes. */
type DisputeReport = Extract<CommandOf<'payment.report'>, { readonly outcome: `dispute${string}` }>;

export function isDisputeReport(report: CommandOf<'payment.report'>): report is DisputeReport {
  return report.outcome.startsWith('dispute');
}

/** Turns a report of a dispute into a fact: amounts are totals so far, `delta` is what is new. */
export function disputeFact(report: DisputeReport, order: Order): CoreFact {
  const { paymentId, source, reportId, objectId, occurredAt, outcome } = report;
  const { currency } = order;
  const operationId = report.operationId ?? null;
  const method = report.method ?? null;
  const movement = { paymentId, source, reportId, objectId, operationId, method };
  const known = findDispute(order, paymentId, objectId);
  switch (outcome) {
    case 'disputeOpened': {
      const amount = Math.max(known?.amount ?? 0, report.amount ?? 0);
      const dueBy = latestOf(known?.dueBy ?? null, report.dueBy ?? null);
      const told = { amount, currency, reason: report.reason ?? null, dueBy };
      return fact('payment.dispute_opened', { ...movement, ...told }, occurredAt);
    }
    case 'disputeWithdrawn': {
      const moved = soFar(known?.withdrawn, report.amount);
      return fact('payment.dispute_withdrawn', { ...movement, ...moved, currency }, occurredAt);
    }
    case 'disputeReinstated': {
      const moved = soFar(known?.reinstated, report.amount);
      return fact('payment.dispute_reinstated', { ...movement, ...moved, currency }, occurredAt);
    }
    case 'disputeWon':
      return fact('payment.dispute_won', movement, occurredAt);
    case 'disputeLost': {
      const moved = { ...soFar(known?.withdrawn, report.amount), currency };
      const reason = report.reason ?? null;
      return fact('payment.dispute_lost', { ...movement, ...moved, reason }, occurredAt);
    }
  }
}

function findDispute({ payments }: Order, paymentId: string, disputeId: string) {
  const payment = payments.find(({ id }) => id === paymentId);
  return payment?.disputes?.find(({ id }) => id === disputeId);
}

function soFar(known: MinorUnits = 0, told: MinorUnits = 0) {
  const amount = Math.max(known, told);
  return { amount, delta: amount - known };
}

/** Announces, once, that evidence is due soon and was not submitted. */
export function announceEvidence(name: string, { payments }: Order): readonly CoreFact[] {
  for (const { id: paymentId, disputes = [] } of payments) {
    const due = disputes.find(({ id }) => evidenceDeadlineName(paymentId, id) === name);
    if (due === undefined) continue;
    return isEvidenceDue(due) ? [evidenceDue(paymentId, due)] : [];
  }
  return [];
}

function evidenceDue(paymentId: string, { id, dueBy }: Dispute & { readonly dueBy: number }) {
  return fact('dispute.evidence_due', { paymentId, disputeId: id, dueBy });
}
