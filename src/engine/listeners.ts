import { EventEmitter } from 'eventemitter3';
import { OrderchartError } from '../errors.ts';
import type { OrderEvent } from '../order/envelope.ts';
import { familyOf, isSelector } from './contract/event-types.ts';
import type { Logger } from './kernel/logger.ts';

/** Called with an event once it is durable. If it throws or rejects, the error is only logged. */
export type Listener<Event = OrderEvent> = (event: Event) => unknown;

/**
 * The listeners in this process: called once, after the commit, and not again after a crash. Use
 * subscriptions for events that must not be missed.
 */
export class Listeners {
  readonly #emitter = new EventEmitter<string>();
  readonly #families = new Map<string, string>();
  readonly #logger: Logger;
  #count = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Adds a listener. Returns a function that removes it. */
  add(selector: string, listener: Listener): () => void {
    const guarded = (event: OrderEvent): void => this.#call(listener, event);
    this.#emitter.on(selector, guarded);
    this.#count += 1;
    let isOn = true;
    return () => {
      if (!isOn) return;
      isOn = false;
      this.#count -= 1;
      this.#emitter.off(selector, guarded);
    };
  }

  emit(events: readonly OrderEvent[]): void {
    if (this.#count === 0) return;
    for (const event of events) {
      this.#emitter.emit(event.type, event);
      this.#emitter.emit(this.#familyOf(event.type), event);
      this.#emitter.emit('*', event);
    }
  }

  #call(listener: Listener, event: OrderEvent): void {
    try {
      const answer = listener(event);
      if (isThenable(answer)) answer.then(undefined, (error: unknown) => this.#log(event, error));
    } catch (error) {
      this.#log(event, error);
    }
  }

  #log(event: OrderEvent, error: unknown): void {
    const { type, id: eventId, tenantId, orderId } = event;
    this.#logger.error('A listener failed; ignoring the error.', {
      type,
      eventId,
      tenantId,
      orderId,
      error,
    });
  }

  /** Bounded, because the chart has a fixed set of event types. */
  #familyOf(type: string): string {
    let family = this.#families.get(type);
    if (family === undefined) {
      family = familyOf(type);
      this.#families.set(type, family);
    }
    return family;
  }
}

/** Checks the arguments of `on`. */
export function checkedListener(selector: unknown, listener: unknown): readonly [string, Listener] {
  if (!isSelector(selector)) {
    throw new OrderchartError(
      'invalidArgument',
      "The first argument of on must be an event type ('payment.captured'), a family ('payment.*') or '*'.",
    );
  }
  if (typeof listener === 'function') return [selector, listener as Listener];
  throw new OrderchartError('invalidArgument', 'The listener must be a function.');
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
