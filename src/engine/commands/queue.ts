import { isOrderchartError, type OrderchartError } from '../../errors.ts';
import type { ExecuteResult } from '../contract/results.ts';
import { onAbort } from '../kernel/abort.ts';
import type { Activity } from '../kernel/activity.ts';
import {
  aborted,
  closedWhileWriting,
  engineClosed,
  idempotencyMismatch,
} from '../kernel/failures.ts';
import type { EngineCounters } from '../kernel/stats.ts';
import type { CommandTask } from './task.ts';

/**
 * Decides which command runs when: per order one at a time, in the order of arrival; of several
 * commands with the same identity only the first, whose outcome the others share.
 *
 * A lane is a linked list of the tasks of an order: the first one is running, and the map has the
 * last one.
 */
export class CommandQueue {
  readonly #activity: Activity;
  readonly #counters: EngineCounters;
  readonly #begin: (task: CommandTask) => void;
  /** The last task of every lane that has one. */
  readonly #tails = new Map<string, CommandTask>();
  /** The first unsettled task of each identity. */
  readonly #leaders = new Map<string, CommandTask>();
  /** Lanes whose first task waits for a host transaction to end. */
  readonly #blocked = new Set<string>();
  readonly #unsettled = new Set<CommandTask>();
  #bytes = 0;

  /** @param begin Starts a task; must end in `settle` or `fail`, now or later. */
  constructor(activity: Activity, counters: EngineCounters, begin: (task: CommandTask) => void) {
    this.#activity = activity;
    this.#counters = counters;
    this.#begin = begin;
  }

  /** Tasks that have not settled. */
  get pending(): number {
    return this.#unsettled.size;
  }

  /** The size of the JSON of their commands and of their decided commits, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts the decided commit of a task, which is in memory until it is written. */
  weigh(task: CommandTask, decidedBytes: number): void {
    this.#bytes += decidedBytes - task.decidedBytes;
    task.decidedBytes = decidedBytes;
  }

  submit(task: CommandTask): void {
    this.#unsettled.add(task);
    this.#bytes += task.bytes;
    this.#counters.commands += 1;
    this.#activity.begin();
    this.#listen(task);
    if (task.stage !== 'settled' && !this.#follow(task)) this.#enqueue(task);
  }

  /**
   * Resolves a task and its followers.
   *
   * @param isStored Whether a later repeat gets this answer.
   */
  settle(task: CommandTask, result: ExecuteResult, isStored: boolean): void {
    if (task.stage === 'settled') return;
    const { followers } = task;
    this.#finish(task);
    this.#count(result);
    task.resolve(result);
    if (followers !== undefined) {
      this.#share(followers, isStored ? { ...result, replayed: true } : result);
    }
    this.#advance(task);
  }

  /** Rejects a task. Its followers share the error, unless it concerns only this caller. */
  fail(task: CommandTask, error: OrderchartError): void {
    if (task.stage === 'settled') return;
    const followers = task.followers?.filter(({ stage }) => stage !== 'settled');
    this.#finish(task);
    this.#counters.failed += 1;
    task.reject(error);
    if (followers !== undefined && followers.length > 0) this.#promoteFollower(followers, error);
    this.#advance(task);
  }

  /** Fails all unsettled tasks. */
  giveUp(): void {
    // The last ones first, or those that wait behind others would start now.
    for (const task of [...this.#unsettled].reverse()) {
      this.fail(task, task.stage === 'committing' ? closedWhileWriting() : engineClosed());
    }
  }

  /**
   * The first task of its lane waits for a host transaction. Commands in a transaction overtake it,
   * because it may wait for their transaction.
   */
  block(task: CommandTask): void {
    task.isBlocked = true;
    this.#blocked.add(task.lane);
    for (let { next } = task; next !== undefined; { next } = next) {
      if (next.stage === 'waiting' && next.request.transaction !== undefined) this.#overtake(next);
    }
  }

  /** The wait of a task is over. */
  unblock(task: CommandTask): void {
    if (!task.isBlocked) return;
    task.isBlocked = false;
    this.#blocked.delete(task.lane);
  }

  #overtake(task: CommandTask): void {
    task.isOvertaking = true;
    task.stage = 'deciding';
    this.#begin(task);
  }

  /** Makes the task wait for an earlier one of its identity. Returns false when there is none. */
  #follow(task: CommandTask): boolean {
    const { identityName } = task;
    if (identityName === undefined) return false;
    const leader = this.#leaders.get(identityName);
    if (leader === undefined) {
      this.#leaders.set(identityName, task);
      return false;
    }
    if (leader.request.fingerprint !== task.request.fingerprint) {
      this.fail(task, idempotencyMismatch());
      return true;
    }
    leader.followers ??= [];
    leader.followers.push(task);
    return true;
  }

  #enqueue(task: CommandTask): void {
    if (task.request.transaction !== undefined && this.#blocked.has(task.lane)) {
      this.#overtake(task);
      return;
    }
    const tail = this.#tails.get(task.lane);
    this.#tails.set(task.lane, task);
    if (tail === undefined) this.#run(task);
    else tail.next = task;
  }

  /**
   * Runs a lane from `task` on, until a task has to wait for something. A loop, not a recursion: a
   * long lane whose tasks all end immediately would overflow the stack.
   */
  #run(task: CommandTask): void {
    let current: CommandTask | undefined = task;
    while (current !== undefined) {
      if (current.stage !== 'settled' && !current.isOvertaking) {
        current.stage = 'deciding';
        this.#begin(current);
        if (!hasSettled(current)) {
          current.isSuspended = true;
          return;
        }
      }
      current = this.#leave(current);
    }
  }

  /** Removes the first task from its lane. Returns the next one. */
  #leave(task: CommandTask): CommandTask | undefined {
    if (task.next === undefined) this.#tails.delete(task.lane);
    return task.next;
  }

  #finish(task: CommandTask): void {
    task.stage = 'settled';
    task.followers = undefined;
    task.unlisten?.();
    this.unblock(task);
    this.#unsettled.delete(task);
    this.#bytes -= task.bytes + task.decidedBytes;
    const { identityName } = task;
    if (identityName !== undefined && this.#leaders.get(identityName) === task) {
      this.#leaders.delete(identityName);
    }
  }

  /** Continues the lane of a settled task, and only then ends the task's activity. */
  #advance(task: CommandTask): void {
    if (task.isSuspended) {
      task.isSuspended = false;
      const next = this.#leave(task);
      if (next !== undefined) this.#run(next);
    }
    this.#activity.end();
  }

  #share(followers: readonly CommandTask[], result: ExecuteResult): void {
    for (const follower of followers) {
      if (follower.stage !== 'settled') this.settle(follower, result, true);
    }
  }

  /**
   * The signal and the expected version are the leader's own, so the next task of the identity runs
   * in its place. Any other error would occur again for the followers.
   */
  #promoteFollower(followers: readonly CommandTask[], error: OrderchartError): void {
    const isPersonal =
      isOrderchartError(error, 'aborted') || isOrderchartError(error, 'versionMismatch');
    if (!isPersonal) {
      for (const follower of followers) this.fail(follower, error);
      return;
    }
    const [leader, ...rest] = followers;
    if (leader === undefined) return;
    leader.followers = rest;
    if (leader.identityName !== undefined) this.#leaders.set(leader.identityName, leader);
    this.#enqueue(leader);
  }

  #listen(task: CommandTask): void {
    const { signal } = task.request;
    if (signal === undefined) return;
    const abort = (): void => {
      // A commit that is on its way to the store cannot be undone.
      if (task.stage !== 'committing') this.fail(task, aborted(signal));
    };
    if (signal.aborted) {
      abort();
      return;
    }
    task.unlisten = onAbort(signal, abort);
  }

  #count(result: ExecuteResult): void {
    if (result.replayed) this.#counters.duplicates += 1;
    else if (result.status === 'accepted') this.#counters.accepted += 1;
    else this.#counters.rejected += 1;
  }
}

/** A function, because the compiler does not see that a call may have changed the stage. */
function hasSettled(task: CommandTask): boolean {
  return task.stage === 'settled';
}
