import type { OrderEvent } from '../order/envelope.ts';
import type { Deadline, JsonObject, OrderStatus, Timestamp } from '../order/values.ts';

export interface OrderKey {
  readonly tenantId: string;
  readonly orderId: string;
}

/** One order as stored. */
export interface OrderRecord extends OrderKey {
  /** For people. Never changes after the first commit. */
  readonly number: string | null;
  readonly customerId: string | null;
  /** The version of the last event. */
  readonly version: number;
  readonly status: OrderStatus;
  /** Sorted by `dueAt`; the first is what `due` looks at. */
  readonly deadlines: readonly Deadline[];
  /** Never changes after the first commit: `list` sorts by it. */
  readonly placedAt: Timestamp;
  readonly updatedAt: Timestamp;
  /** When it reached the archive, from which `purge` may take it; `null` before. */
  readonly archivedAt: Timestamp | null;
  /** The order itself; the store does not look inside. */
  readonly order: JsonObject;
}

/** Who may run once: `key` is the caller's, `scope` keeps callers apart. */
export interface CommandIdentity {
  readonly tenantId: string;
  readonly scope: string;
  readonly key: string;
}

/** The stored answer to a command. */
export interface CommandRecord extends CommandIdentity {
  readonly orderId: string;
  /** Hexadecimal SHA-256 of the command's canonical JSON. */
  readonly fingerprint: string;
  /** The outcome, given again to whoever repeats the command. */
  readonly outcome: JsonObject;
  readonly recordedAt: Timestamp;
}

/** One atomic unit of writing. */
export interface Commit extends OrderKey {
  /** The version this was decided on; 0 for an order that must not exist yet. */
  readonly expectedVersion: number;
  /** The order afterwards; `undefined` when only the command's answer is stored (a rejection). */
  readonly record: OrderRecord | undefined;
  /** New events, versions `expectedVersion + 1` and on; may be empty (a timer set anew). */
  readonly events: readonly OrderEvent[];
  readonly command: CommandRecord | undefined;
}

/** How a commit ended; see `commit` of the store for each. */
export type CommitOutcome =
  | { readonly status: 'committed' }
  | { readonly status: 'conflict' }
  | { readonly status: 'numberTaken' }
  /** Another transaction holds the order, its number or the key at present; try again later. */
  | { readonly status: 'locked' }
  | { readonly status: 'duplicate'; readonly record: CommandRecord };
