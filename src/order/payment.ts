import type { MinorUnits, Timestamp } from './values.ts';

/** One means of payment. The six figures follow from the movements and operations below them. */
export interface Payment {
  /** The host's id, unique among the payments of the order. */
  readonly id: string;
  /** Card, invoice...; for handlers and people. */
  readonly method: string | null;
  /** Everything ever reserved for the order; a sale counts as authorized and captured. */
  readonly authorized: MinorUnits;
  /** Everything ever captured. */
  readonly captured: MinorUnits;
  /** Captures requested that can still succeed. */
  readonly capturePending: MinorUnits;
  /** The part of the authorization voided, expired, or released after the final capture. */
  readonly released: MinorUnits;
  /** Everything ever refunded, less refunds that bounced. */
  readonly refunded: MinorUnits;
  /** Refunds requested that can still succeed. */
  readonly refundPending: MinorUnits;
  /** What was reported, once per kind and provider object. */
  readonly movements: readonly Movement[];
  /** What the engine requested from the provider. */
  readonly operations: readonly Operation[];
  /** Disputes, chargebacks and returned debits; absent until one is reported. */
  readonly disputes?: readonly Dispute[];
}

/** What a provider can report about a payment. */
export type MovementKind =
  | 'authorized'
  | 'captured'
  | 'voided'
  | 'refunded'
  | 'reversed'
  | 'expired'
  | 'actionRequired'
  | 'failed';

/**
 * A reported movement of a payment, stored once per (kind, objectId) no matter how often it is
 * reported: the provider's webhook and the response to the call are the same movement.
 */
export interface Movement {
  /** What moved, or failed. */
  readonly kind: MovementKind;
  /** The provider's id of this movement (the capture, the refund), not of the payment. */
  readonly objectId: string;
  /** The greatest amount reported for it. */
  readonly amount: MinorUnits;
  /** Whether it is a capture that also authorized. */
  readonly sale: boolean;
  /** The operation that caused it, if the reporter named one. */
  readonly operationId: string | null;
}

/** What the engine can ask a provider to do. */
export type OperationKind = 'authorize' | 'capture' | 'void' | 'refund';

/** A request to the provider; its id is the provider's idempotency key (law M9). */
export interface Operation {
  /** The provider's idempotency key, a UUIDv7. */
  readonly id: string;
  /** What was requested. */
  readonly kind: OperationKind;
  /** Minor units of the order's currency. */
  readonly amount: MinorUnits;
  /** `pending` until an outcome is reported; a success outweighs a failure. */
  readonly state: 'pending' | 'succeeded' | 'failed';
  /** Whether the rest of the authorization is released once this capture has succeeded. */
  readonly releaseRemainder: boolean;
  /** Why money goes back; `null` for authorizations and captures. */
  readonly cause: string | null;
}

/**
 * A dispute of a payment, or a debit that a bank returned: everything that was reported about it. Its
 * members only grow, so the sequence of the reports does not matter (law L3).
 */
export interface Dispute {
  /** The provider's id of the dispute. */
  readonly id: string;
  /** Whether it was reported as opened. The first report may be another one. */
  readonly isOpened: boolean;
  /** The provider's code for the reason; the lesser text, if reports differ. */
  readonly reason: string | null;
  /** The disputed amount; zero until a report gives it. Only withdrawn money is gone. */
  readonly amount: MinorUnits;
  /** Total taken from the merchant. */
  readonly withdrawn: MinorUnits;
  /** Total returned to the merchant. */
  readonly reinstated: MinorUnits;
  /** Whether it was ever reported as won. */
  readonly isWon: boolean;
  /** Whether it was ever reported as lost. */
  readonly isLost: boolean;
  /** When evidence is due: the latest reported time. */
  readonly dueBy: Timestamp | null;
  /** The `dueBy` for which evidence was submitted or announced by `dispute.evidence_due`. */
  readonly handledDueBy: Timestamp | null;
  /** Whether the merchant conceded it by `dispute.concede`. */
  readonly isConceded: boolean;
}
