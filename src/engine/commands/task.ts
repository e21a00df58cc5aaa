import type { OrderchartError } from '../../errors.ts';
import { jsonBytes } from '../../json/size.ts';
import type { Actor, TraceContext } from '../../order/envelope.ts';
import type { Deadline, JsonObject } from '../../order/values.ts';
import type { ParsedCommand } from '../../rules/types.ts';
import type { CommandIdentity, Commit, OrderRecord, TransactionStore } from '../../store/store.ts';
import type { ExecuteResult } from '../contract/results.ts';
import { identityKey, laneKey } from '../kernel/keys.ts';

/** Who caused a command, for the envelope of its events. */
export interface Origin {
  readonly actor: Actor | null;
  readonly correlationId: string | null;
  readonly causationId: string | null;
  readonly trace: TraceContext | null;
}

/** What is to be done to an order: a host's command, or a deadline that is due. */
export type Work =
  | { readonly kind: 'command'; readonly command: ParsedCommand }
  | { readonly kind: 'deadline'; readonly deadline: Deadline };

/** What a task is made of. */
export interface TaskRequest {
  readonly tenantId: string;
  readonly orderId: string;
  readonly work: Work;
  readonly identity: CommandIdentity | undefined;
  /** Of the command as the caller wrote it; empty without identity. */
  readonly fingerprint: string;
  readonly expectedVersion: number | undefined;
  readonly origin: Origin;
  readonly signal: AbortSignal | undefined;
  /** The host's transaction that it is decided and written in. */
  readonly transaction: TransactionStore | undefined;
}

/** How far a task has come; it goes this way once, or back from `deciding` when others were first. */
export type TaskStage = 'waiting' | 'deciding' | 'committing' | 'settled';

/** One command on its way through the engine. Mutable; only the executor changes it. */
export class CommandTask {
  /** Replaced once, when a new order gets its number. */
  request: TaskRequest;
  /** How long the JSON of its command is; what counts against the queue's bound. */
  readonly bytes: number;
  readonly lane: string;
  readonly identityName: string | undefined;
  readonly resolve: (result: ExecuteResult) => void;
  readonly reject: (error: OrderchartError) => void;

  stage: TaskStage = 'waiting';
  /** Whether it waits for a transaction that has its order, and its lane behind it. */
  isBlocked = false;
  /** Whether it does not wait for its turn in the lane: the first one waits for its transaction. */
  isOvertaking = false;
  /** Whether its lane waits for it. */
  isSuspended = false;
  /** The next command of the same order. */
  next: CommandTask | undefined = undefined;
  /** The same command again, from callers that wait for this one's outcome. */
  followers: CommandTask[] | undefined = undefined;
  /** Whether the commit carries the identity; a spent deadline is cleared away without. */
  isIdentified: boolean;
  /** Whether the state it was decided on came from the store for this very command. */
  isFresh = false;
  attempts = 0;
  /** Since it first met a transaction that had its order, and how often that was. */
  lockedSinceMs: number | undefined = undefined;
  lockedTimes = 0;
  /** What goes to the store, while it is committing. */
  commit: Commit | undefined = undefined;
  /** How long the JSON of the commit is; it counts against the bound of the queue. */
  decidedBytes = 0;
  /** The order that the commit was decided on. */
  record: OrderRecord | undefined = undefined;
  /** What the caller gets once the commit is durable. */
  result: ExecuteResult | undefined = undefined;
  /** Stops listening to the caller's signal. */
  unlisten: (() => void) | undefined = undefined;

  constructor(
    request: TaskRequest,
    resolve: (result: ExecuteResult) => void,
    reject: (error: OrderchartError) => void,
  ) {
    const { tenantId, orderId, identity } = request;
    this.request = request;
    this.bytes = requestBytes(request);
    this.lane = laneKey(tenantId, orderId);
    // An answer that is not committed yet is nobody else's: the store tells those with the same key.
    this.identityName =
      identity === undefined || request.transaction !== undefined
        ? undefined
        : identityKey(identity.tenantId, identity.scope, identity.key);
    this.isIdentified = identity !== undefined;
    this.resolve = resolve;
    this.reject = reject;
  }
}

/** How long the JSON of a request's command is. */
function requestBytes({ work }: TaskRequest): number {
  return work.kind === 'command' ? jsonBytes(work.command as JsonObject) : 0;
}
