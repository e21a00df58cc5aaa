import type { Draft } from 'immer';
import type { EventData, EventType } from '../events/events.ts';
import type { Order } from '../order.ts';
import type { Timestamp } from '../values.ts';

/** When the fact happened and when it was recorded. */
export interface Moment {
  readonly occurredAt: Timestamp;
  readonly recordedAt: Timestamp;
}

/**
 * Applies one type of fact to the order. Only recipes change data. They read from `before` instead
 * of the draft: every read from a draft creates a proxy, and a report about an order with hundreds
 * of entries would block the process.
 */
export type Recipe<Type extends EventType> = (
  order: Draft<Order>,
  data: EventData<Type>,
  moment: Moment,
  before: Order,
) => void;

/** A recipe for every event type of a family: leaving one out does not compile. */
export type RecipesOf<Family extends string> = {
  readonly [Type in Extract<EventType, `${Family}.${string}`>]: Recipe<Type>;
};
