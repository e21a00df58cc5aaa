import type { EventOf, EventType } from '../../order/events/events.ts';

/** The core's events by their type; extensions add to it. */
export type CoreEventMap = { [Type in EventType]: EventOf<Type> };

/** The name of an event type. */
export type EventName<Events> = keyof Events & string;

/** All event types with the same first word: `payment.*`. */
export type EventFamily<Events> =
  EventName<Events> extends infer Name
    ? Name extends `${infer Family}.${string}`
      ? `${Family}.*`
      : never
    : never;

/** Selects events: one type (`payment.captured`), a family (`payment.*`) or all (`*`). */
export type EventSelector<Events> = EventName<Events> | EventFamily<Events> | '*';

/** The events that a selector selects. */
export type SelectedEvent<Events, Selector> = Selector extends '*'
  ? Events[keyof Events]
  : Selector extends `${infer Family}.*`
    ? Events[Extract<keyof Events, `${Family}.${string}`>]
    : Selector extends keyof Events
      ? Events[Selector]
      : never;

const selectorForm = /^(\*|[A-Za-z][\w-]*(\.[\w-]+)*(\.\*)?)$/;

/** Whether a value has the form of a selector; whether the type exists is checked by the compiler. */
export function isSelector(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 256 && selectorForm.test(value);
}

/** Returns the family of an event type: `payment.*` of `payment.captured`. */
export function familyOf(type: string): string {
  const end = type.indexOf('.');
  return end < 0 ? `${type}.*` : `${type.slice(0, end)}.*`;
}

/** Returns a function that tells whether the selectors select an event type; all without selectors. */
export function matcherOf(selectors: readonly string[] | undefined): (type: string) => boolean {
  if (selectors === undefined || selectors.includes('*')) return () => true;
  const wanted = new Set(selectors);
  return (type) => wanted.has(type) || wanted.has(familyOf(type));
}
