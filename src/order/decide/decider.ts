import type { CoreFact } from '../events/events.ts';
import type { Order } from '../order.ts';
import type { Refusal } from '../refusal.ts';
import type { Timestamp } from '../values.ts';

/** What a decider may use besides the command. */
export interface DecideContext {
  readonly order: Order;
  readonly now: Timestamp;
  /** Returns a new UUIDv7. An operation's id is the provider's idempotency key forever (law M9). */
  newId(): string;
}

/**
 * Turns a command that the chart permits into facts, or refuses it. Pure. Does not check the ledger
 * laws: `applyFacts` checks them for all commands, once the facts are applied.
 */
export type Decider<Command> = (
  command: Command,
  context: DecideContext,
) => readonly CoreFact[] | Refusal;
