import type { Order } from './order.ts';
import type { Dispute, Payment } from './payment.ts';
import { optionalRules } from './policy.ts';
import type { Deadline, MinorUnits, Timestamp } from './values.ts';

// What follows from the disputes of an order. Each answer is one of sums and sets of what was
// reported, never of what was reported last: withdrawn, won, and withdrawn again by an arbitration is
// a dispute that is open, whichever report came first (law L3).

/** What a dispute has come to. */
export type DisputeState = 'open' | 'lost' | 'won';

/** Taken for a dispute and not returned. */
function outstandingOf({ withdrawn, reinstated }: Dispute): MinorUnits {
  return Math.max(0, withdrawn - reinstated);
}

/** Won only once nothing is withdrawn any more; open until it is won or lost. */
export function disputeStateOf(dispute: Dispute): DisputeState {
  if (dispute.isWon && outstandingOf(dispute) === 0) return 'won';
  return dispute.isLost ? 'lost' : 'open';
}

/** Taken for the disputes of a payment and not returned, whatever they have come to. */
export function disputedOf({ disputes }: Payment): MinorUnits {
  let sum = 0;
  if (disputes !== undefined) for (const dispute of disputes) sum += outstandingOf(dispute);
  return sum;
}

/** Of that, what was taken for disputes that are lost. */
export function chargedBackOf({ disputes }: Payment): MinorUnits {
  let sum = 0;
  if (disputes === undefined) return sum;
  for (const dispute of disputes) if (dispute.isLost) sum += outstandingOf(dispute);
  return sum;
}

/** Returned beyond what was taken: a report is missing, or one is wrong (law M3). */
export function reinstatedBeyond({ disputes }: Payment): MinorUnits {
  let sum = 0;
  if (disputes === undefined) return sum;
  for (const { withdrawn, reinstated } of disputes) sum += Math.max(0, reinstated - withdrawn);
  return sum;
}

/** Whether some dispute of the order has come to this. */
export function hasDispute({ payments }: Pick<Order, 'payments'>, state: DisputeState): boolean {
  for (const { disputes } of payments) {
    if (disputes?.some((dispute) => disputeStateOf(dispute) === state)) return true;
  }
  return false;
}

/** The deadline of a dispute is this, and the ids of its payment and of itself. */
export const disputePrefix = 'dispute:';

/** The later of two times, where both are known. */
export function latestOf(known: Timestamp | null, told: Timestamp | null): Timestamp | null {
  if (known === null || told === null) return known ?? told;
  return Math.max(known, told);
}

/** Where evidence is due, and neither submitted nor announced for this time. */
export function isEvidenceDue(dispute: Dispute): dispute is Dispute & { readonly dueBy: number } {
  const { dueBy, handledDueBy, isConceded } = dispute;
  if (dueBy === null || isConceded || disputeStateOf(dispute) !== 'open') return false;
  return handledDueBy === null || handledDueBy < dueBy;
}

/** By name: in the order in which payments were first reported, law L3 would not hold. */
export function evidenceDeadlines({ payments, policy }: Order): readonly Deadline[] {
  const deadlines: Deadline[] = [];
  const notice = policy.evidenceNoticeMs ?? optionalRules.evidenceNoticeMs;
  for (const { id, disputes = [] } of payments) {
    for (const dispute of disputes) {
      if (!isEvidenceDue(dispute)) continue;
      const name = evidenceDeadlineName(id, dispute.id);
      deadlines.push({ name, dueAt: Math.max(0, dispute.dueBy - notice) });
    }
  }
  return deadlines.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** One name for each pair of ids: a colon in the payment's id would make two pairs one. */
export function evidenceDeadlineName(paymentId: string, disputeId: string): string {
  return `${disputePrefix}${paymentId.replaceAll(/[%:]/g, encodeURIComponent)}:${disputeId}`;
}
