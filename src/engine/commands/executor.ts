import { isOrderchartError, type OrderchartError } from '../../errors.ts';
import type { Decision, Rejection } from '../../rules/types.ts';
import type { CommandRecord, Commit, CommitOutcome, OrderRecord } from '../../store/store.ts';
import type { ExecuteResult, Rejected } from '../contract/results.ts';
import {
  asDefect,
  contention,
  lockedOut,
  numberTaken,
  versionMismatch,
} from '../kernel/failures.ts';
import { commitBytes } from '../kernel/sizes.ts';
import { answerAgain, storedAnswer } from './answers.ts';
import type { ExecutorParts } from './executor-parts.ts';
import { GroupCommit } from './group-commit.ts';
import { numbered, type OrderNumbers, wantsNumber } from './numbering.ts';
import { CommandQueue } from './queue.ts';
import { acceptedResult, type Basis, commitFor, nextRecord, recordedEvents } from './recording.ts';
import type { CommandTask } from './task.ts';

type AcceptedDecision = Extract<Decision, { status: 'accepted' }>;

/**
 * Takes a command from the queue to its durable outcome. The numbers are those of the steps in
 * docs/ARCHITECTURE.md.
 *
 *     queue -> load -> decide -> commit -> settle
 *               ^                  |
 *               +---- conflict ----+
 */
export class CommandExecutor {
  readonly queue: CommandQueue;
  readonly #parts: ExecutorParts;
  readonly #group: GroupCommit;

  constructor(parts: ExecutorParts) {
    const { store, activity, counters } = parts;
    this.#parts = parts;
    this.queue = new CommandQueue(activity, counters, (task) => this.#begin(task));
    this.#group = new GroupCommit(store, parts, counters, {
      committed: (task, outcome) => this.#committed(task, outcome),
      failed: (task, error) => this.#giveUp(task, error),
      batchEnded: parts.onBatch,
    });
  }

  /** 2 to 3: it is this task's turn; finds its order. */
  #begin(task: CommandTask): void {
    const { cache, counters, numbers } = this.#parts;
    const { work } = task.request;
    if (numbers !== undefined && wantsNumber(task.request)) {
      void this.#number(task, numbers);
      return;
    }
    // A transaction sees its own state, so the cache does not apply.
    const record = task.request.transaction === undefined ? cache.get(task.lane) : undefined;
    if (record !== undefined) {
      counters.cacheHits += 1;
      this.#decide(task, record);
    } else if (work.kind === 'command' && work.command.type === 'order.place') {
      // A new order is not in the store, so a look-up would waste a read. If it does exist, the
      // commit is a conflict, and the order is loaded then.
      this.#decide(task, undefined);
    } else {
      counters.cacheMisses += 1;
      this.#reload(task);
    }
  }

  /** Numbers a new order without a number before it is decided. */
  async #number(task: CommandTask, numbers: OrderNumbers): Promise<void> {
    try {
      task.request = await numbered(task.request, numbers, this.#parts.decisions.clockNow());
      // Otherwise it was aborted in the meantime.
      if (task.stage === 'deciding') this.#begin(task);
    } catch (error) {
      this.queue.fail(task, asDefect(error, task.request));
    }
  }

  /** 3 load: reads the order from the store, then decides. */
  #reload(task: CommandTask): void {
    const { cache, loader } = this.#parts;
    const { transaction } = task.request;
    task.stage = 'deciding';
    task.commit = undefined;
    this.queue.weigh(task, 0);
    cache.delete(task.lane);
    loader.loadFor(task.request).then(
      (record) => {
        // Aborted in the meantime: its lane has continued, and may have cached a newer state.
        if (task.stage === 'settled') return;
        task.isFresh = true;
        if (record !== undefined && transaction === undefined) cache.set(task.lane, record);
        this.#decide(task, record);
      },
      (error: unknown) => this.queue.fail(task, asDefect(error, task.request)),
    );
  }

  /** 4 to 6: permit, decide, apply; all of it is done by the rules. */
  #decide(task: CommandTask, record: OrderRecord | undefined): void {
    const { version = 0, revision = null } = record ?? {};
    const { request } = task;
    const { expectedVersion } = request;
    if (expectedVersion !== undefined && expectedVersion !== version) {
      this.#conclude(task, versionMismatch(request, expectedVersion, version));
      return;
    }
    const { decisions } = this.#parts;
    try {
      const now = decisions.clockNow();
      const decision = decisions.decide(request, record, now);
      const basis = { version, revision, now };
      if (decision.status === 'rejected') this.#refuse(task, basis, decision.rejection);
      else this.#accept(task, basis, decision);
    } catch (error) {
      this.queue.fail(task, asDefect(error, task.request));
    }
  }

  #accept(task: CommandTask, basis: Basis, decision: AcceptedDecision): void {
    const { request } = task;
    const { state } = decision;
    const { version, now } = basis;
    if (!decision.changed) {
      const result = acceptedResult(request.orderId, version, [], state);
      if (task.isIdentified) this.#commitAnswer(task, basis, result);
      else this.#conclude(task, result);
      return;
    }
    const events = recordedEvents(request, version, decision.events, this.#parts.decisions, now);
    const nextVersion = version + events.length;
    // The id of the last event identifies the state; without an event it needs an id of its own.
    const revision = events.at(-1)?.id ?? this.#parts.decisions.newId(now);
    const record = nextRecord(request, { version: nextVersion, revision }, state, now);
    const result = acceptedResult(request.orderId, nextVersion, events, state);
    this.#commit(task, commitFor(task, basis, { record, events }, result), result);
  }

  #refuse(task: CommandTask, basis: Basis, rejection: Rejection): void {
    const { work, orderId } = task.request;
    const isNamed = work.kind !== 'command' || work.command.orderId !== undefined;
    const refused = { status: 'rejected', rejection, replayed: false } as const;
    const result: Rejected = isNamed ? { ...refused, orderId } : refused;
    if (task.isIdentified && rejection.code !== 'orderNotFound') {
      this.#commitAnswer(task, basis, result);
    } else {
      this.#conclude(task, result);
    }
  }

  /**
   * Ends a task in an outcome that is not stored. No commit has checked that the order is current
   * and the command new, so both are looked up first.
   */
  #conclude(task: CommandTask, outcome: ExecuteResult | OrderchartError): void {
    if (!task.isFresh) this.#reload(task);
    else if (task.isIdentified) void this.#lookUp(task, outcome);
    else this.#end(task, outcome);
  }

  async #lookUp(task: CommandTask, outcome: ExecuteResult | OrderchartError): Promise<void> {
    try {
      const record = await storedAnswer(
        task.request.transaction ?? this.#parts.store,
        task.request.identity,
      );
      if (record === undefined) this.#end(task, outcome);
      else await this.#replay(task, record);
    } catch (error) {
      this.queue.fail(task, asDefect(error, task.request));
    }
  }

  #end(task: CommandTask, outcome: ExecuteResult | OrderchartError): void {
    if (isOrderchartError(outcome)) this.queue.fail(task, outcome);
    else this.queue.settle(task, outcome, false);
  }

  /** Stores only the answer: the command changes nothing, but a repeat must get the same answer. */
  #commitAnswer(task: CommandTask, basis: Basis, result: ExecuteResult): void {
    const change = { record: undefined, events: [] };
    this.#commit(task, commitFor(task, basis, change, result), result);
  }

  /** 7 commit: joins the next batch. */
  #commit(task: CommandTask, commit: Commit, result: ExecuteResult): void {
    task.stage = 'committing';
    task.commit = commit;
    this.queue.weigh(task, commitBytes(commit));
    task.result = result;
    this.#group.add(task);
  }

  #committed(task: CommandTask, outcome: CommitOutcome): void {
    // Closing gave it up: a commit that was not written is not retried.
    if (task.stage === 'settled' && outcome.status !== 'committed') return;
    switch (outcome.status) {
      case 'committed':
        this.#succeed(task);
        break;
      case 'conflict':
        this.#retry(task);
        break;
      case 'locked':
        this.#waitForLock(task);
        break;
      case 'numberTaken':
        this.#refuseNumber(task);
        break;
      case 'duplicate':
        void this.#repeat(task, outcome.record);
        break;
    }
  }

  /** Refuses at the present time: other orders may have been decided after this one. */
  #refuseNumber(task: CommandTask): void {
    try {
      const now = this.#parts.decisions.clockNow();
      this.#refuse(task, { version: 0, revision: null, now }, numberTaken);
    } catch (error) {
      this.queue.fail(task, asDefect(error, task.request));
    }
  }

  /** 8 notify: reports the change and answers the caller. */
  #succeed(task: CommandTask): void {
    const { cache, counters, onRecorded, onWrittenWithin } = this.#parts;
    const { commit, result } = task;
    if (commit?.record !== undefined) {
      counters.events += commit.events.length;
      if (task.request.transaction === undefined) {
        cache.set(task.lane, commit.record);
        onRecorded(commit.record, commit.events);
      } else {
        // It may still be rolled back, and the engine does not learn when it is committed.
        cache.delete(task.lane);
        onWrittenWithin(commit.record);
      }
    }
    if (result !== undefined) this.queue.settle(task, result, task.isIdentified);
  }

  /** Another process changed the order: loads it and decides again, a limited number of times. */
  #retry(task: CommandTask): void {
    const { counters, maximumAttempts } = this.#parts;
    counters.conflicts += 1;
    task.attempts += 1;
    if (task.attempts < maximumAttempts) this.#reload(task);
    else this.#giveUp(task, contention(task.request, task.attempts));
  }

  /**
   * A host transaction has locked the order, its number or the key. The task and its lane wait
   * until it ends. A task in a transaction of its own must not wait: the other may wait for it.
   */
  #waitForLock(task: CommandTask): void {
    const { lockWaits, counters } = this.#parts;
    counters.lockWaits += 1;
    task.stage = 'deciding';
    const again = (): void => {
      this.queue.unblock(task);
      if (task.stage !== 'settled') this.#reload(task);
    };
    const waits = task.request.transaction === undefined && lockWaits.wait(task, again);
    if (waits) this.queue.block(task);
    else this.#giveUp(task, lockedOut(task.request));
  }

  /** The store has an answer for this identity, which replaces the decision made now. */
  async #repeat(task: CommandTask, record: CommandRecord): Promise<void> {
    const { work } = task.request;
    if (work.kind === 'deadline') {
      // Another process fired it; or this one did, and it was set again for the same millisecond.
      // The stored order decides: a deadline that it still has is fired, without the used-up key.
      task.isIdentified = false;
      this.#reload(task);
      return;
    }
    try {
      await this.#replay(task, record);
    } catch (error) {
      this.queue.fail(task, asDefect(error, task.request));
    }
  }

  async #replay(task: CommandTask, record: CommandRecord): Promise<void> {
    const { transaction, fingerprint } = task.request;
    const result = await answerAgain(transaction ?? this.#parts.store, record, fingerprint);
    this.queue.settle(task, result, true);
  }

  /** Fails the task. The cached order is in doubt, so it is dropped. */
  #giveUp(task: CommandTask, error: OrderchartError): void {
    this.#parts.cache.delete(task.lane);
    this.queue.fail(task, error);
  }
}
