import { isOrderchartError } from '../../../errors.ts';
import { eventLog } from '../event-log.ts';
import type { HandlerCalls } from '../handler-calls.ts';
import type { ConsumerParts } from '../parts.ts';
import { isPermanent, reasonOf } from '../permanent-error.ts';
import type { WorkerLease } from '../sharing/worker-lease.ts';
import type { LaneItem } from './lane-item.ts';

/** Attempts to handle single events: calls the handler, then executes the commands it returned. */
export class EventAttempts {
  readonly #parts: ConsumerParts;
  readonly #lease: WorkerLease;
  readonly #calls: HandlerCalls;

  constructor(parts: ConsumerParts, lease: WorkerLease, calls: HandlerCalls) {
    this.#parts = parts;
    this.#lease = lease;
    this.#calls = calls;
  }

  /**
   * Resolves when the event is handled, or was refused permanently, which is noted in the item, or
   * the lease is over. Throws if another attempt may succeed.
   */
  async attempt(item: LaneItem): Promise<void> {
    item.attempts += 1;
    item.handledBefore = this.#parts.outlook.handled;
    try {
      item.commands ??= commandsOf(await this.#calls.handle(item.event, item.attempts));
      await this.#execute(item, item.commands);
    } catch (error) {
      if (this.#lease.isOver || !isPermanent(error)) throw error;
      item.refusal = reasonOf(error);
      eventLog(this.#parts)('error', 'An event failed permanently and is parked.', item, error);
    }
  }

  /** Continues with the command at which the previous attempt failed. */
  async #execute(item: LaneItem, commands: readonly unknown[]): Promise<void> {
    const { execute, settings, counters } = this.#parts;
    const { event } = item;
    // The handler may have taken longer than the lease lasts.
    if (commands.length > 0 && !(await this.#lease.hold())) return;
    const log = eventLog(this.#parts);
    for (; item.nextCommand < commands.length; item.nextCommand += 1) {
      if (this.#lease.isOver) return;
      const key = `${settings.name}/${event.id}/${item.nextCommand}`;
      try {
        const result = await execute(commands[item.nextCommand], event, key);
        if (result.status === 'rejected') {
          counters.handlerCommandsRejected += 1;
          log('warn', 'A returned command was rejected; not retrying.', item, result.rejection);
        }
      } catch (error) {
        // The handler got the event twice and returned another command the second time. The first
        // one was executed, and each index is executed once.
        if (!isOrderchartError(error, 'idempotencyMismatch')) throw error;
        log('warn', 'A returned command differs from the first one; ignoring it.', item, error);
      }
    }
  }
}

/** Returns a handler's answer as a list. */
export function commandsOf(answer: unknown): readonly unknown[] {
  if (answer === undefined || answer === null) return [];
  return Array.isArray(answer) ? answer : [answer];
}
