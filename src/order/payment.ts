import type { MinorUnits } from './values.ts';

/** One means of payment. The six figures follow from the movements and operations below them. */
export interface Payment {
  /** The host's id, unique among the payments of the order. */
  readonly id: string;
  /** Card, invoice...; for handlers and people. */
  readonly method: string | null;
  /** Reserved for the order, ever; a sale counts as authorized and captured. */
  readonly authorized: MinorUnits;
  /** Taken, ever. */
  readonly captured: MinorUnits;
  /** Asked for, and still able to succeed. */
  readonly capturePending: MinorUnits;
  /** Of the authorization: voided, expired, or given up after a last capture. */
  readonly released: MinorUnits;
  /** Given back, less refunds that bounced. */
  readonly refunded: MinorUnits;
  /** Asked for, and still able to succeed. */
  readonly refundPending: MinorUnits;
  /** What was reported, once per kind and provider object. */
  readonly movements: readonly Movement[];
  /** What the engine asked for. */
  readonly operations: readonly Operation[];
}

/** What a provider can report of a payment. */
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
 * What was reported of a payment, once per (kind, objectId), however often and by whomever it was
 * told: the provider's webhook and the answer to our own call are the same movement.
 */
export interface Movement {
  /** What moved, or failed. */
  readonly kind: MovementKind;
  /** The provider's id of this movement (the capture, the refund), not of the payment. */
  readonly objectId: string;
  /** The greatest amount reported for it. */
  readonly amount: MinorUnits;
  /** A capture that authorized as well. */
  readonly sale: boolean;
  /** Our operation that caused it, where the reporter named it. */
  readonly operationId: string | null;
}

/** What the engine can ask a provider to do. */
export type OperationKind = 'authorize' | 'capture' | 'void' | 'refund';

/** Something we asked a provider to do; its id is the provider's idempotency key (law M9). */
export interface Operation {
  /** The provider's idempotency key, a UUIDv7. */
  readonly id: string;
  /** What was asked for. */
  readonly kind: OperationKind;
  /** Minor units of the order's currency. */
  readonly amount: MinorUnits;
  /** `pending` until an outcome is reported; a success counts more than a failure. */
  readonly state: 'pending' | 'succeeded' | 'failed';
  /** A capture after whose success the rest of the authorization is released. */
  readonly releaseRemainder: boolean;
  /** Why money goes back; `null` for authorizations and captures. */
  readonly cause: string | null;
}
