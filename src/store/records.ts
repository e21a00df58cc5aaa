import type { OrderEvent } from '../order/envelope.ts';
import type { AnyStatus, Deadline, JsonObject, StatusValue, Timestamp } from '../order/values.ts';

/** Names an order. The same `orderId` may exist in several tenants. */
export interface OrderKey {
  /** The tenant that owns the order. */
  readonly tenantId: string;
  /** The order's id, unique per tenant. */
  readonly orderId: string;
}

/** One order as stored. */
export interface OrderRecord extends OrderKey {
  /** The human-readable number, unique within the tenant. Never changes after the first commit. */
  readonly number: string | null;
  /** The customer, by whom `list` can select; `null` when none is known. */
  readonly customerId: string | null;
  /** The version of the last event; at least 1. */
  readonly version: number;
  /**
   * Identifies this state of the order among all states ever: new with every commit that writes the
   * order, even one without events. A version is only a number and is reused after a backup was
   * restored, a standby that was behind was promoted, or an order was purged and its id reused.
   */
  readonly revision: string;
  /** Region to state. A chart has few distinct ones, so a store may keep each once. */
  readonly status: AnyStatus;
  /** Sorted by `dueAt`; `due` considers the first. */
  readonly deadlines: readonly Deadline[];
  /** When the order was placed. Never changes after the first commit: `list` sorts by it. */
  readonly placedAt: Timestamp;
  /** When the order was last written. */
  readonly updatedAt: Timestamp;
  /** When it was archived, after which `purge` may remove it; `null` if it is not archived. */
  readonly archivedAt: Timestamp | null;
  /** The order itself; opaque to the store. */
  readonly order: JsonObject;
}

/** Names a command that may run only once. */
export interface CommandIdentity {
  /** The tenant of the command. */
  readonly tenantId: string;
  /** Keeps the keys of different callers apart. */
  readonly scope: string;
  /** The caller's idempotency key. */
  readonly key: string;
}

/** The stored answer to a command. */
export interface CommandRecord extends CommandIdentity {
  /** The order that the command was for. */
  readonly orderId: string;
  /** The SHA-256 of the command's canonical JSON, in hexadecimal. */
  readonly fingerprint: string;
  /**
   * The outcome, returned again when the command is repeated. A store returns `{}` if it is damaged,
   * because an error would block everything read or written with it; the engine then reports that
   * the answer cannot be read.
   */
  readonly outcome: JsonObject;
  /** When the command was answered; `purge` compares it. */
  readonly recordedAt: Timestamp;
}

/** A unit that is written as a whole or not at all. */
export interface Commit extends OrderKey {
  /** The version that the decision was based on; 0 for an order that must not exist yet. */
  readonly expectedVersion: number;
  /** The revision that the decision was based on; `null` for an order that must not exist yet. */
  readonly expectedRevision: string | null;
  /** The order afterwards; `undefined` when only the answer is stored (a rejection). */
  readonly record: OrderRecord | undefined;
  /** The new events, with versions from `expectedVersion + 1`; may be empty (a timer was reset). */
  readonly events: readonly OrderEvent[];
  /** The answer to store for the command, if any. */
  readonly command: CommandRecord | undefined;
}

/** How a commit ended; see `OrderStore.commit` for each. */
export type CommitOutcome =
  /** Written and durable. */
  | { readonly status: 'committed' }
  /** The order is not the one that the decision was based on: decide again. */
  | { readonly status: 'conflict' }
  /** Another order of the tenant has the number. */
  | { readonly status: 'numberTaken' }
  /** Another transaction has locked the order, its number or the key: try again later. */
  | { readonly status: 'locked' }
  /** The command was answered before, with `record`. */
  | { readonly status: 'duplicate'; readonly record: CommandRecord };

/** Which page of a tenant's orders to return. */
export interface ListQuery {
  /** Only the orders of this tenant. */
  readonly tenantId: string;
  /** Region to state; selects orders for which {@link matchesStatus} holds. Default: all. */
  readonly status?: Readonly<Record<string, string>>;
  /** Selects the orders of one customer. Default: all. */
  readonly customerId?: string;
  /** The page starts after this position. Default: at the newest order. */
  readonly after?: ListPosition;
  /** How many orders the page has at most; at least 1. */
  readonly limit: number;
  /**
   * Ends the page with the order whose content (`OrderRecord.order`) brings the total to this many
   * bytes or more, measured as for `OrderStore.history`; `next` still says whether more orders
   * match. Unlimited by default.
   */
  readonly maximumBytes?: number;
}

/** The place of an order in a list. */
export interface ListPosition {
  /** When the order was placed. */
  readonly placedAt: Timestamp;
  /** Breaks ties between orders placed at the same time. */
  readonly orderId: string;
}

/** One page of a list. */
export interface ListPage {
  /** The orders of the page. */
  readonly records: readonly OrderRecord[];
  /** Where the next page starts; `undefined` when this page is the last. */
  readonly next: ListPosition | undefined;
}

/** An event at its place in the feed. */
export interface FeedEntry {
  /** The partition, from 0. */
  readonly partition: number;
  /** The position in the partition, from 1. */
  readonly position: number;
  /** The event. */
  readonly event: OrderEvent;
}

/** The place of an order among those with a deadline. */
export interface DuePosition extends OrderKey {
  /** When the deadline is due, in milliseconds since the Unix epoch. */
  readonly dueAt: Timestamp;
}

/** An order whose earliest deadline is due. */
export interface DueOrder extends OrderKey {
  /** The earliest deadline; its name is empty where it cannot be read. */
  readonly deadline: Deadline;
}

/** Which commands and orders to remove. */
export interface PurgeRequest {
  /** Removes command records that were recorded before this. Default: none. */
  readonly commandsBefore?: Timestamp;
  /**
   * Removes orders that were archived before this and have not changed since, with their events: a
   * report about an archived order keeps it. Feed positions stay as they are. Default: none.
   */
  readonly archivedBefore?: Timestamp;
  /**
   * Restricts `archivedBefore` to these orders. One that is no longer archived stays; one that is
   * named twice counts once. Default: all.
   */
  readonly orders?: readonly OrderKey[];
  /** How many commands, and how many orders, to remove at most. */
  readonly limit: number;
}

/** How many were removed. */
export interface PurgeResult {
  /** How many answers to commands were removed. */
  readonly commands: number;
  /** How many orders were removed. */
  readonly orders: number;
}

/**
 * Returns whether a commit was decided on the order as it is now. For adapters that check this in
 * JavaScript.
 *
 * @param present The stored order; `undefined` for none.
 */
export function isDecidedOn(
  { expectedVersion, expectedRevision }: Pick<Commit, 'expectedVersion' | 'expectedRevision'>,
  present: Pick<OrderRecord, 'version' | 'revision'> | undefined,
): boolean {
  return present === undefined
    ? expectedVersion === 0 && expectedRevision === null
    : expectedVersion === present.version && expectedRevision === present.revision;
}

/**
 * Returns whether every region of `wanted` is in the named state. A state that has substates matches in
 * all of them; a substate is named by its path.
 *
 * @example
 * matchesStatus({ review: { open: 'waiting' } }, { review: 'open' }); // true
 * matchesStatus({ review: { open: 'waiting' } }, { review: 'open.waiting' }); // true
 */
export function matchesStatus(
  status: AnyStatus,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(
    ([region, path]) => Object.hasOwn(status, region) && isInState(status[region], path),
  );
}

function isInState(value: StatusValue | undefined, path: string): boolean {
  if (typeof value !== 'object') return value === path;
  return Object.entries(value).some(
    ([name, inner]) =>
      name === path ||
      (path.startsWith(`${name}.`) && isInState(inner, path.slice(name.length + 1))),
  );
}
