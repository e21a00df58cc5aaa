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
 * Writes one kind of fact into the order. The only place where data changes. What is only read is
 * read in `before`: every look into a draft makes a proxy, and a report of an order with hundreds
 * of entries would hold up the process.
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
