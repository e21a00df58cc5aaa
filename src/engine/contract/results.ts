import type { OrderEvent } from '../../order/envelope.ts';
import type { AnyStatus } from '../../order/values.ts';
import type { Rejection } from '../../rules/types.ts';

/** What a command came to. An error (misuse, infrastructure) is thrown instead. */
export type ExecuteResult<Event = OrderEvent> = Accepted<Event> | Rejected;

/** The status that such an event carries. */
type StatusAfter<Event> = Event extends { readonly status: infer Status } ? Status : AnyStatus;

/** The command was accepted, and what it did is durable. */
export interface Accepted<Event = OrderEvent> {
  readonly status: 'accepted';
  readonly orderId: string;
  /** The order's version after this command. */
  readonly version: number;
  /** What was recorded because of it, in order; empty when it told nothing new. */
  readonly events: readonly Event[];
  /** The order's status after this command. */
  readonly orderStatus: StatusAfter<Event>;
  /** Whether this answer was given before, to the same idempotency key. */
  readonly replayed: boolean;
}

/** The command was refused by the rules and changed nothing. */
export interface Rejected {
  readonly status: 'rejected';
  /** The order in question; absent when a new one was refused that had no id yet. */
  readonly orderId?: string;
  readonly rejection: Rejection;
  /** Whether this answer was given before, to the same idempotency key. */
  readonly replayed: boolean;
}
