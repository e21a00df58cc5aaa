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
 * The way of a command from its place in the queue to its durable outcome.
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

  /** 2 to 3: it is this task's turn; find its order. */
  #begin(task: CommandTask): void {
    const { cache, counters, numbers } = this.#parts;
    const { work } = task.request;
    if (numbers !== undefined && wantsNumber(task.request)) {
      void this.#number(task, numbers);
      return;
    }
    // What a transaction sees is its own affair.
    const record = task.request.transaction === undefined ? cache.get(task.lane) : undefined;
    if (record !== undefined) {
      counters.cacheHits += 1;
      this.#decide(task, record);
    } else if (work.kind === 'command' && work.command.type === 'order.place') {
      // A new order is nowhere, so looking for it would cost a read each time. Where it does
      // exist, the commit is a conflict, and the order is loaded then.
      this.#decide(task, undefined);
    } else {
      counters.cacheMisses += 1;
      this.#reload(task);
    }
  }

  /** A new order without a number gets one before it is decided. */
  async #number(task: CommandTask, numbers: OrderNumbers): Promise<void> {
    try {
      task.request = await numbered(task.request, numbers, this.#parts.decisions.clockNow());
      // Aborted meanwhile: nobody waits for it any more.
      if (task.stage === 'deciding') this.#begin(task);
    } catch (error) {
      this.queue.fail(task, asDefect(error, task.request));
    }
  }

  /** 3 load: the order as the store has it, then decide. */
  #reload(task: CommandTask): void {
    const { cache, loader } = this.#parts;
    const { transaction } = task.request;
    task.stage = 'deciding';
    task.commit = undefined;
    this.queue.weigh(task, 0);
    cache.delete(task.lane);
    loader.loadFor(task.request).then(
      (record) => {
        // Aborted meanwhile: its lane has gone on, and may know the order better.
        if (task.stage === 'settled') return;
        task.isFresh = true;
        if (record !== undefined && transaction === undefined) cache.set(task.lane, record);
        this.#decide(task, record);
      },
      (error: unknown) => this.queue.fail(task, asDefect(error, task.request)),
    );
  }

  /** 4 to 6: permit, decide, apply; all of it is the rules'. */
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
    // The last event names the state as well as any other id would; without one it needs its own.
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
   * Ends a task in an outcome that is not stored. Nothing is written, so no commit has checked
   * that the order is the latest, nor that the command is new: both are looked up first.
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

  /** Stores only the answer: the command changes nothing, but a repeat must hear the same. */
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
    // Closing waited for it no longer: what was not written is not tried again.
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

  /** The refusal is of this moment; other orders may have been decided since this one was. */
  #refuseNumber(task: CommandTask): void {
    try {
      const now = this.#parts.decisions.clockNow();
      this.#refuse(task, { version: 0, revision: null, now }, numberTaken);
    } catch (error) {
      this.queue.fail(task, asDefect(error, task.request));
    }
  }

  /** 8 notify, and answer the caller. */
  #succeed(task: CommandTask): void {
    const { cache, counters, onRecorded, onWrittenWithin } = this.#parts;
    const { commit, result } = task;
    if (commit?.record !== undefined) {
      counters.events += commit.events.length;
      if (task.request.transaction === undefined) {
        cache.set(task.lane, commit.record);
        onRecorded(commit.record, commit.events);
      } else {
        // It may be rolled back yet, and when it is not, nobody says when it holds.
        cache.delete(task.lane);
        onWrittenWithin(commit.record);
      }
    }
    if (result !== undefined) this.queue.settle(task, result, task.isIdentified);
  }

  /** Somebody else changed the order: look again and decide again, so many times. */
  #retry(task: CommandTask): void {
    const { counters, maximumAttempts } = this.#parts;
    counters.conflicts += 1;
    task.attempts += 1;
    if (task.attempts < maximumAttempts) this.#reload(task);
    else this.#giveUp(task, contention(task.request, task.attempts));
  }

  /**
   * A transaction of the host's has the order, or its number or key. It ends some time; until then
   * this task waits, and its lane behind it. One that is in a transaction itself cannot wait: the
   * other may wait for it.
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

  /** The identity is known to the store: its answer counts, whatever was decided now. */
  async #repeat(task: CommandTask, record: CommandRecord): Promise<void> {
    const { work } = task.request;
    if (work.kind === 'deadline') {
      // Fired by another process; or by us, and then set anew for the very same millisecond. The
      // order as stored tells: a deadline that it still has is fired, without the used-up key.
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

  /** What the cache has of the order is in doubt now. */
  #giveUp(task: CommandTask, error: OrderchartError): void {
    this.#parts.cache.delete(task.lane);
    this.queue.fail(task, error);
  }
}
