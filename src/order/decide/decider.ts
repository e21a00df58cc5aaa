import type { CoreFact } from '../events/events.ts';
import type { Order } from '../order.ts';
import type { Refusal } from '../refusal.ts';
import type { Timestamp } from '../values.ts';

/** What a decider may use besides the command. */
export interface DecideContext {
  readonly order: Order;
  readonly now: Timestamp;
  /** A new UUIDv7; an operation's id is a provider's idempotency key for good (law M9). */
  newId(): string;
}

/**
 * Turns a command that the chart permits into facts, or refuses it. Pure. Ledger laws are not
 * asked here: the engine measures them afterwards, once, for all commands.
 */
export type Decider<Command> = (
  command: Command,
  context: DecideContext,
) => readonly CoreFact[] | Refusal;
