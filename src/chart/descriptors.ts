import { OrderchartError } from '../errors.ts';

/**
 * Event types that the same descriptors of a chart match. The chart cannot tell them apart, so
 * they share their learned trees; their guards still see the event itself.
 */
export interface EventClass {
  /** Dense, from 0: the slot of the class's tree in each configuration. */
  readonly index: number;
  readonly descriptors: ReadonlySet<string>;
  /** The event passed to the interpreter: one type per class, which keeps its caches small. */
  readonly representative: { readonly type: string };
}

/** More event types than any chart has; the bound only stops made-up types from filling memory. */
const maximumTypes = 4096;

const reservedPrefix = 'xstate.';

/** Whether a descriptor, such as `order.cancel`, `fact.*` or `*`, matches an event type. */
export function matchesDescriptor(type: string, descriptor: string): boolean {
  if (descriptor === type || descriptor === '*') return true;
  if (!descriptor.endsWith('.*')) return false;
  const prefix = descriptor.slice(0, -2);
  if (prefix.split('.').includes('*')) return false;
  return type === prefix || type.startsWith(`${prefix}.`);
}

/** Sorts event types into classes. */
export class EventClasses {
  readonly #descriptors: readonly string[];
  readonly #byType = new Map<string, EventClass>();
  readonly #byDescriptors = new Map<string, EventClass>();

  constructor(descriptors: readonly string[]) {
    this.#descriptors = descriptors;
  }

  /** Returns the class of an event type. Throws `chartDefect` for the interpreter's own types. */
  of(type: string): EventClass {
    return this.#byType.get(type) ?? this.#sort(type);
  }

  /** Returns the class of any event type, including the interpreter's own. */
  ofReserved(type: string): EventClass {
    const matching = this.#descriptors.filter((descriptor) => matchesDescriptor(type, descriptor));
    const key = JSON.stringify(matching);
    const known = this.#byDescriptors.get(key);
    if (known !== undefined) return known;
    const found: EventClass = Object.freeze({
      index: this.#byDescriptors.size,
      descriptors: new Set(matching),
      representative: Object.freeze({ type }),
    });
    this.#byDescriptors.set(key, found);
    return found;
  }

  #sort(type: string): EventClass {
    if (typeof type !== 'string' || type === '*' || type.startsWith(reservedPrefix)) {
      const shown = typeof type === 'string' ? JSON.stringify(type) : typeof type;
      const reason = `${shown} is not an event type: it must be text, not "*" and not "xstate.*"`;
      throw new OrderchartError('chartDefect', `Cannot ask the chart: ${reason}.`, {
        details: { reason },
      });
    }
    if (this.#byType.size >= maximumTypes) this.#byType.clear();
    const found = this.ofReserved(type);
    this.#byType.set(type, found);
    return found;
  }
}
