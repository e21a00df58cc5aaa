import type { Draft } from 'immer';
import type { EventData, EventType } from '../events/events.ts';
import type { Order } from '../order.ts';
import type { Timestamp } from '../values.ts';

/** When the fact happened and when it was recorded. */
export interface Moment {
  readonly occurredAt: Timestamp;
  readonly recordedAt: Timestamp;
}

/** Writes one kind of fact into the order. The only place where data changes. */
export type Recipe<Type extends EventType> = (
  order: Draft<Order>,
  data: EventData<Type>,
  moment: Moment,
) => void;

/** A recipe for every event type of a family: leaving one out does not compile. */
export type RecipesOf<Family extends string> = {
  readonly [Type in Extract<EventType, `${Family}.${string}`>]: Recipe<Type>;
};
