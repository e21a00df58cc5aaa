import type { OrderEvent } from '../order/envelope.ts';
import type {
  CommandIdentity,
  CommandRecord,
  Commit,
  CommitOutcome,
  OrderKey,
  OrderRecord,
} from './records.ts';

/**
 * The methods of a store for a command inside a host transaction. Each method means the same as in
 * {@link OrderStore}, but sees what the transaction sees: its own writes and committed data. Nothing
 * is durable, or visible to others, until the host commits, and nothing is left when it rolls back.
 * Events get their positions in the feed after the host has committed. An outcome other than
 * `committed` leaves the transaction usable.
 *
 * The host chooses the isolation level. At `READ COMMITTED`, an order that changed since the
 * transaction read it is a `conflict`; at a level that hides the change, `locked` is allowed, too, or
 * the host's own commit fails. The other change is never overwritten. Once `commit` has answered
 * `committed`, others get `locked` until the transaction ends, and wait only briefly.
 *
 * For a transaction that has ended or failed, a method throws `invalidArgument`, and nothing is
 * written. The store neither commits nor rolls back the host's transaction, and changes none of its
 * settings beyond the call.
 */
export interface TransactionStore {
  /** See {@link OrderStore.load}. */
  load(keys: readonly OrderKey[]): Promise<readonly (OrderRecord | undefined)[]>;
  /** See {@link OrderStore.findCommands}. */
  findCommands(
    identities: readonly CommandIdentity[],
  ): Promise<readonly (CommandRecord | undefined)[]>;
  /** See {@link OrderStore.commit}. */
  commit(commits: readonly Commit[]): Promise<readonly CommitOutcome[]>;
  /** See {@link OrderStore.history}. */
  history(key: OrderKey, after: number, limit: number): Promise<readonly OrderEvent[]>;
}
