import type { EventOf, EventType } from '../../order/events/events.ts';

/** The events of the core; extensions add to it. */
export type CoreEventMap = { [Type in EventType]: EventOf<Type> };

/** The name of an event type. */
export type EventName<Events> = keyof Events & string;

/** All types whose first word is the same: `payment.*`. */
export type EventFamily<Events> =
  EventName<Events> extends infer Name
    ? Name extends `${infer Family}.${string}`
      ? `${Family}.*`
      : never
    : never;

/** Which events are meant: one type, a family, or all of them. */
export type EventSelector<Events> = EventName<Events> | EventFamily<Events> | '*';

/** The events that a selector means. */
export type SelectedEvent<Events, Selector> = Selector extends '*'
  ? Events[keyof Events]
  : Selector extends `${infer Family}.*`
    ? Events[Extract<keyof Events, `${Family}.${string}`>]
    : Selector extends keyof Events
      ? Events[Selector]
      : never;

const selectorForm = /^(\*|[A-Za-z][\w-]*(\.[\w-]+)*(\.\*)?)$/;

/** Whether a text can be a selector at all; which types there are, the compiler knows. */
export function isSelector(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 256 && selectorForm.test(value);
}

/** The family of an event type: `payment.*` of `payment.captured`. */
export function familyOf(type: string): string {
  const end = type.indexOf('.');
  return end < 0 ? `${type}.*` : `${type.slice(0, end)}.*`;
}

/** Tells whether an event type is one of those that the selectors mean. */
export function matcherOf(selectors: readonly string[] | undefined): (type: string) => boolean {
  if (selectors === undefined || selectors.includes('*')) return () => true;
  const wanted = new Set(selectors);
  return (type) => wanted.has(type) || wanted.has(familyOf(type));
}
