import type { OrderEvent } from '../../order/envelope.ts';
import { untilAborted } from '../kernel/abort.ts';
import { Activity } from '../kernel/activity.ts';
import type { SubscriptionSettings } from './options.ts';

/** Calls the host's handler, and aborts its calls when this process may no longer make them. */
export class HandlerCalls {
  /** Calls that have not ended, including those whose result no longer matters. */
  readonly running = new Activity();
  readonly #handler: SubscriptionSettings['handler'];
  readonly #history: number;
  readonly #abort = new AbortController();

  constructor(handler: SubscriptionSettings['handler'], history: number) {
    this.#handler = handler;
    this.#history = history;
  }

  abort(): void {
    this.#abort.abort();
  }

  /**
   * Settles with the handler, or on abort: a handler that hangs must not block `close`.
   *
   * @param more Added to the handler's context.
   */
  handle(event: OrderEvent, attempt: number, more: object = {}): Promise<unknown> {
    const { signal } = this.#abort;
    const { tenantId } = event;
    const context = { ...more, attempt, signal, tenantId, history: this.#history };
    // Async, so that a handler that throws synchronously counts and fails like any other.
    const call = async (): Promise<unknown> => this.#handler(event as never, context);
    return untilAborted(signal, () => this.running.during(call()));
  }
}
