import type { OrderEvent } from '../../order/envelope.ts';
import type { AnyStatus } from '../../order/values.ts';
import type { Rejection } from '../../rules/types.ts';

/**
 * The outcome of a command. Misuse and failures of infrastructure are thrown instead.
 *
 * @example
 * const result = await engine.execute({ type: 'order.cancel', orderId, reason: 'changed-mind' });
 * if (result.status === 'rejected') print(result.rejection.code, result.rejection.message);
 */
export type ExecuteResult<Event = OrderEvent> = Accepted<Event> | Rejected;

/** The status that such an event carries. */
type StatusAfter<Event> = Event extends { readonly status: infer Status } ? Status : AnyStatus;

/** The command was accepted, and its events are durable. */
export interface Accepted<Event = OrderEvent> {
  /** Distinguishes the two results. */
  readonly status: 'accepted';
  /** The id of the order; the engine chose it when `order.place` named none. */
  readonly orderId: string;
  /** The order's version after this command. */
  readonly version: number;
  /** The recorded events, in order; empty when the command changed nothing. */
  readonly events: readonly Event[];
  /** The order's status after this command: region to state. */
  readonly orderStatus: StatusAfter<Event>;
  /** Whether this is the stored outcome of an earlier command with the same idempotency key. */
  readonly replayed: boolean;
}

/** The rules refused the command; nothing changed. */
export interface Rejected {
  /** Distinguishes the two results. */
  readonly status: 'rejected';
  /** The id of the order; absent when the command was to place an order and named no id. */
  readonly orderId?: string;
  /** Why, for programs and for people. */
  readonly rejection: Rejection;
  /** Whether this is the stored outcome of an earlier command with the same idempotency key. */
  readonly replayed: boolean;
}
