import type { Order } from './order.ts';
import type { Dispute, Payment } from './payment.ts';
import { optionalRules } from './policy.ts';
import type { Deadline, MinorUnits, Timestamp } from './values.ts';

// What follows from the disputes of an order. Everything is derived from sums and sets of the reports,
// never from the last one, so that reports commute (law L3). For example, a dispute that was won, and
// whose money an arbitration took again, is open, whichever report arrived first.

/** The state of a dispute. */
export type DisputeState = 'open' | 'lost' | 'won';

/** The amount withdrawn for a dispute and not reinstated. */
function outstandingOf({ withdrawn, reinstated }: Dispute): MinorUnits {
  return Math.max(0, withdrawn - reinstated);
}

/** A dispute is won only if none of its money is withdrawn; it is open until it is won or lost. */
export function disputeStateOf(dispute: Dispute): DisputeState {
  if (dispute.isWon && outstandingOf(dispute) === 0) return 'won';
  return dispute.isLost ? 'lost' : 'open';
}

/** The amount withdrawn for all disputes of a payment and not reinstated. */
export function disputedOf({ disputes }: Payment): MinorUnits {
  let sum = 0;
  if (disputes !== undefined) for (const dispute of disputes) sum += outstandingOf(dispute);
  return sum;
}

/** The part of the disputed amount that belongs to lost disputes. */
export function chargedBackOf({ disputes }: Payment): MinorUnits {
  let sum = 0;
  if (disputes === undefined) return sum;
  for (const dispute of disputes) if (dispute.isLost) sum += outstandingOf(dispute);
  return sum;
}

/** The amount reinstated beyond what was withdrawn: a report is missing or wrong (law M3). */
export function reinstatedBeyond({ disputes }: Payment): MinorUnits {
  let sum = 0;
  if (disputes === undefined) return sum;
  for (const { withdrawn, reinstated } of disputes) sum += Math.max(0, reinstated - withdrawn);
  return sum;
}

/** Whether any dispute of the order is in this state. */
export function hasDispute({ payments }: Pick<Order, 'payments'>, state: DisputeState): boolean {
  for (const { disputes } of payments) {
    if (disputes?.some((dispute) => disputeStateOf(dispute) === state)) return true;
  }
  return false;
}

/** The name of a dispute's deadline is this prefix, and the ids of its payment and of the dispute. */
export const disputePrefix = 'dispute:';

/** Returns the later of two times, or the only one that is known. */
export function latestOf(known: Timestamp | null, told: Timestamp | null): Timestamp | null {
  if (known === null || told === null) return known ?? told;
  return Math.max(known, told);
}

/** Whether evidence is due, and was neither submitted nor announced since that time was reported. */
export function isEvidenceDue(dispute: Dispute): dispute is Dispute & { readonly dueBy: number } {
  const { dueBy, handledDueBy, isConceded } = dispute;
  if (dueBy === null || isConceded || disputeStateOf(dispute) !== 'open') return false;
  return handledDueBy === null || handledDueBy < dueBy;
}

/** Sorts by name: the payments stand in the sequence of their first reports (law L3). */
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

/** Escapes colons in the payment's id, so that different pairs of ids get different names. */
export function evidenceDeadlineName(paymentId: string, disputeId: string): string {
  return `${disputePrefix}${paymentId.replaceAll(/[%:]/g, encodeURIComponent)}:${disputeId}`;
}
