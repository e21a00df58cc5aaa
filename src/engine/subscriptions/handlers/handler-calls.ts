import type { OrderEvent } from '../../../order/envelope.ts';
import { onAbort } from '../../kernel/abort.ts';
import { Activity } from '../../kernel/activity.ts';
import type { SubscriptionSettings } from '../options.ts';

/** Calls of a handler that end when nobody may work on their events any more. */
export class HandlerCalls {
  /** Calls that have not ended, those that nobody waits for any more included. */
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

  /** Ends with the handler, or with the abort: a handler that hangs must not hold up `close`. */
  handle(event: OrderEvent, attempt: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { signal } = this.#abort;
      signal.throwIfAborted();
      const unlisten = onAbort(signal, () => reject(signal.reason));
      this.running.during(this.#call(event, attempt)).then(resolve, reject).finally(unlisten);
    });
  }

  /** Asynchronous also when the handler throws at once. */
  async #call(event: OrderEvent, attempt: number): Promise<unknown> {
    const { tenantId } = event;
    const context = { attempt, signal: this.#abort.signal, tenantId, history: this.#history };
    return this.#handler(event as never, context);
  }
}
