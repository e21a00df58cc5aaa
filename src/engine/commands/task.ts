import type { OrderchartError } from '../../errors.ts';
import { jsonBytes } from '../../json/size.ts';
import type { Actor, TraceContext } from '../../order/envelope.ts';
import type { Deadline, JsonObject } from '../../order/values.ts';
import type { ParsedCommand } from '../../rules/types.ts';
import type { CommandIdentity, Commit, TransactionStore } from '../../store/store.ts';
import type { ExecuteResult } from '../contract/results.ts';
import { identityKey, laneKey } from '../kernel/keys.ts';

/** The cause of a command, for the envelope of its events. */
export interface Origin {
  readonly actor: Actor | null;
  readonly correlationId: string | null;
  readonly causationId: string | null;
  readonly trace: TraceContext | null;
}

/** The work of a task: a command, or a due deadline. */
export type Work =
  | { readonly kind: 'command'; readonly command: ParsedCommand }
  | { readonly kind: 'deadline'; readonly deadline: Deadline };

/** The work of a task, for whom it is done, and under which conditions. */
export interface TaskRequest {
  readonly tenantId: string;
  readonly orderId: string;
  readonly work: Work;
  readonly identity: CommandIdentity | undefined;
  /** The fingerprint of the command as the caller wrote it; empty without an identity. */
  readonly fingerprint: string;
  readonly expectedVersion: number | undefined;
  readonly origin: Origin;
  readonly signal: AbortSignal | undefined;
  /** The host transaction in which it is decided and written. */
  readonly transaction: TransactionStore | undefined;
}

/** The progress of a task, in this order; it returns to `deciding` after a conflict or a lock. */
export type TaskStage = 'waiting' | 'deciding' | 'committing' | 'settled';

/** A command on its way through the engine. Mutable; only the executor and its queue change it. */
export class CommandTask {
  /** Replaced once, when a new order is numbered. */
  request: TaskRequest;
  /** The size of its command's JSON, which counts against `queueBytes`. */
  readonly bytes: number;
  readonly lane: string;
  readonly identityName: string | undefined;
  readonly resolve: (result: ExecuteResult) => void;
  readonly reject: (error: OrderchartError) => void;

  stage: TaskStage = 'waiting';
  /** Whether it, and its lane behind it, waits for a host transaction that has locked its order. */
  isBlocked = false;
  /** Whether it runs ahead of its turn, because the first task of the lane waits for a transaction. */
  isOvertaking = false;
  /** Whether its lane waits for it. */
  isSuspended = false;
  /** The next command of the same order. */
  next: CommandTask | undefined = undefined;
  /** Tasks with the same identity, which wait for this one's outcome. */
  followers: CommandTask[] | undefined = undefined;
  /** Whether the commit carries the identity. A deadline with a used-up key is fired without it. */
  isIdentified: boolean;
  /** Whether the state that it was decided on was loaded from the store for it. */
  isFresh = false;
  attempts = 0;
  /** When it first found its order locked by a transaction, and how often it has. */
  lockedSinceMs: number | undefined = undefined;
  lockedTimes = 0;
  /** The commit that it waits for. */
  commit: Commit | undefined = undefined;
  /** The size of the commit's JSON, which counts against `queueBytes`. */
  decidedBytes = 0;
  /** The result for the caller once the commit is durable. */
  result: ExecuteResult | undefined = undefined;
  /** Removes the listener from the caller's signal. */
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
    // A result in a transaction is shared with no other task, because it may be rolled back.
    this.identityName =
      identity === undefined || request.transaction !== undefined
        ? undefined
        : identityKey(identity.tenantId, identity.scope, identity.key);
    this.isIdentified = identity !== undefined;
    this.resolve = resolve;
    this.reject = reject;
  }
}

function requestBytes({ work }: TaskRequest): number {
  return work.kind === 'command' ? jsonBytes(work.command as JsonObject) : 0;
}
