import type { OrderEvent } from '../order/envelope.ts';
import type { AnyStatus, Deadline, JsonObject, StatusValue, Timestamp } from '../order/values.ts';

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
  /**
   * Names this state of the order among all that there ever were: new with every commit that
   * writes the order, also one without events. A version is only a number, and comes again: after
   * a backup was restored, a standby that was behind was promoted, or an order was purged and its
   * id used once more.
   */
  readonly revision: string;
  readonly status: AnyStatus;
  /** Sorted by `dueAt`; the first is what `due` looks at. */
  readonly deadlines: readonly Deadline[];
  /** Never changes after the first commit: `list` sorts by it. */
  readonly placedAt: Timestamp;
  readonly updatedAt: Timestamp;
  /** When it reached the archive, from which `purge` may take it; `null` before, and once it left. */
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
  /**
   * The outcome, given again to whoever repeats the command. Where it is damaged, a store gives an
   * empty one, or it would hold up all that is asked for or written with it: the engine says then
   * that the answer cannot be read.
   */
  readonly outcome: JsonObject;
  readonly recordedAt: Timestamp;
}

/** One atomic unit of writing. */
export interface Commit extends OrderKey {
  /** The version this was decided on; 0 for an order that must not exist yet. */
  readonly expectedVersion: number;
  /** The revision of the order this was decided on; `null` for one that must not exist yet. */
  readonly expectedRevision: string | null;
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

export interface ListQuery {
  readonly tenantId: string;
  /** Region to state; an order matches when every named region is in it: {@link matchesStatus}. */
  readonly status?: Readonly<Record<string, string>>;
  readonly customerId?: string;
  /** Exclusive: the page starts after this key. */
  readonly after?: ListPosition;
  readonly limit: number;
  /**
   * The page also ends with the order whose content (`order` of the record) takes it to this length
   * or beyond, measured as for `history` of the store; `next` still tells whether more orders match.
   * No bound when left out.
   */
  readonly maximumBytes?: number;
}

export interface ListPosition {
  readonly placedAt: Timestamp;
  readonly orderId: string;
}

export interface ListPage {
  readonly records: readonly OrderRecord[];
  /** Where the next page starts; `undefined` when this one reached the end. */
  readonly next: ListPosition | undefined;
}

export interface FeedEntry {
  readonly partition: number;
  readonly position: number;
  readonly event: OrderEvent;
}

/** A place in the order in which deadlines are due. */
export interface DuePosition extends OrderKey {
  readonly dueAt: Timestamp;
}

export interface DueOrder extends OrderKey {
  /** Its earliest deadline. */
  readonly deadline: Deadline;
}

export interface PurgeRequest {
  /** Command records recorded before this go. */
  readonly commandsBefore?: Timestamp;
  /**
   * Orders archived before this, and not changed since, go with their events: what was reported of
   * one in the archive is as young as any other event. Feed positions stay as they are.
   */
  readonly archivedBefore?: Timestamp;
  /**
   * Only these of them; all when left out. One that is not archived any more stays; one that is
   * named twice goes, and counts, once.
   */
  readonly orders?: readonly OrderKey[];
  readonly limit: number;
}

export interface PurgeResult {
  readonly commands: number;
  readonly orders: number;
}

/** Tells whether a commit was decided on the order as it is; `present` is `undefined` for none. */
export function isDecidedOn(
  { expectedVersion, expectedRevision }: Pick<Commit, 'expectedVersion' | 'expectedRevision'>,
  present: Pick<OrderRecord, 'version' | 'revision'> | undefined,
): boolean {
  return present === undefined
    ? expectedVersion === 0 && expectedRevision === null
    : expectedVersion === present.version && expectedRevision === present.revision;
}

/**
 * Tells whether every region of `wanted` is in the named state. A state that holds others counts
 * for all of them; one within it is named by its path: `{ review: 'open.waiting' }`.
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
