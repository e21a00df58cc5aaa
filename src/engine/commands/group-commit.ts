import { OrderchartError } from '../../errors.ts';
import type { Commit, CommitOutcome, OrderStore, TransactionStore } from '../../store/store.ts';
import { commitBytes } from '../kernel/sizes.ts';
import type { EngineCounters } from '../kernel/stats.ts';
import type { CommandTask } from './task.ts';

/** Receives the store's answers. */
export interface CommitListener {
  committed(task: CommandTask, outcome: CommitOutcome): void;
  failed(task: CommandTask, error: OrderchartError): void;
  /** Called after all answers of a batch. */
  batchEnded(): void;
}

/** The limits of one batch; a larger commit is sent alone. */
export interface BatchBounds {
  readonly batchSize: number;
  readonly batchBytes: number;
}

/**
 * Writes commits in batches: while one batch is written the next one gathers, so batches grow with
 * the load, and a lone command does not wait.
 *
 * With a remote store, the next batch is sent before the last one is answered to the callers, and a
 * full batch is sent right away: callers react with more commands, and deciding those takes as long
 * as the server needs for a batch. With a store that writes in this thread, that would only delay
 * the answers.
 */
export class GroupCommit {
  readonly #store: OrderStore;
  readonly #bounds: BatchBounds;
  readonly #counters: EngineCounters;
  readonly #listener: CommitListener;
  #gathered: CommandTask[] = [];
  #gatheredBytes = 0;
  #isWriting = false;
  #isSendDue = false;

  constructor(
    store: OrderStore,
    bounds: BatchBounds,
    counters: EngineCounters,
    listener: CommitListener,
  ) {
    this.#store = store;
    this.#bounds = bounds;
    this.#counters = counters;
    this.#listener = listener;
  }

  add(task: CommandTask): void {
    if (task.request.transaction !== undefined) {
      void this.#writeWithin(task, task.request.transaction);
      return;
    }
    this.#gathered.push(task);
    this.#gatheredBytes += commitBytes(commitOf(task));
    if (this.#isWriting) return;
    const { batchSize, batchBytes } = this.#bounds;
    const isFull = this.#gathered.length >= batchSize || this.#gatheredBytes >= batchBytes;
    if (isFull && this.#store.features.remote) this.#send();
    else this.#sendSoon();
  }

  /** Writes a commit, alone, in the host's transaction. */
  async #writeWithin(task: CommandTask, transaction: TransactionStore): Promise<void> {
    let outcome: CommitOutcome | undefined;
    try {
      [outcome] = await transaction.commit([commitOf(task)]);
    } catch (error) {
      this.#listener.failed(task, error as OrderchartError);
      return;
    }
    this.#answer(task, outcome);
  }

  /**
   * Sends a batch at the end of this turn of the event loop when the store is durable: requests that
   * arrive on several sockets run one after another within a turn, and would otherwise pay for a
   * disk flush each. Without a disk nothing is shared, so the next microtask is soon enough.
   */
  #sendSoon(): void {
    if (this.#isSendDue) return;
    this.#isSendDue = true;
    const send = (): void => {
      this.#isSendDue = false;
      if (!this.#isWriting) this.#send();
    };
    if (this.#store.features.durable) setImmediate(send);
    else queueMicrotask(send);
  }

  /** Sends the gathered commits, if there are any. */
  #send(): void {
    const batch = this.#take();
    if (batch.length === 0) return;
    this.#isWriting = true;
    this.#counters.batches += 1;
    // Two callbacks: an error while answering must not turn a durable commit into a failed one.
    this.#store.commit(batch.map(commitOf)).then(
      (outcomes) => this.#written(() => this.#answerAll(batch, outcomes)),
      // The guarded store throws nothing else.
      (error: OrderchartError) => this.#written(() => this.#failAll(batch, error)),
    );
  }

  #written(answer: () => void): void {
    this.#isWriting = false;
    const finish = (): void => {
      answer();
      this.#listener.batchEnded();
      if (!this.#isWriting && this.#gathered.length > 0) this.#sendSoon();
    };
    if (!this.#store.features.remote || this.#gathered.length === 0) {
      finish();
      return;
    }
    this.#send();
    // Later, because the store borrows a connection before it sends the batch, which takes ticks.
    setImmediate(finish);
  }

  #take(): readonly CommandTask[] {
    const gathered = this.#gathered;
    const { count, bytes } = this.#measureBatch();
    this.#gathered = count === gathered.length ? [] : gathered.slice(count);
    this.#gatheredBytes -= bytes;
    return count === gathered.length ? gathered : gathered.slice(0, count);
  }

  /** Returns how many of the gathered commits fit into one batch: at least one. */
  #measureBatch(): { readonly count: number; readonly bytes: number } {
    const gathered = this.#gathered;
    const { batchSize, batchBytes } = this.#bounds;
    let count = 0;
    let bytes = 0;
    while (count < Math.min(gathered.length, batchSize)) {
      const more = commitBytes(commitOf(gathered[count] as CommandTask));
      if (count > 0 && bytes + more > batchBytes) break;
      bytes += more;
      count += 1;
    }
    return { count, bytes };
  }

  #answerAll(batch: readonly CommandTask[], outcomes: readonly CommitOutcome[]): void {
    for (const [at, task] of batch.entries()) this.#answer(task, outcomes[at]);
  }

  #failAll(batch: readonly CommandTask[], error: OrderchartError): void {
    for (const task of batch) this.#listener.failed(task, error);
  }

  #answer(task: CommandTask, outcome: CommitOutcome | undefined): void {
    if (outcome === undefined) this.#listener.failed(task, this.#unanswered());
    else this.#listener.committed(task, outcome);
  }

  /** The caller must be told that the commit may have been written. */
  #unanswered(): OrderchartError {
    return new OrderchartError(
      'outcomeUnknown',
      `The store '${this.#store.name}' did not answer every commit of a batch. Repeat the ` +
        'command with its idempotency key to find out whether it was applied.',
    );
  }
}

function commitOf(task: CommandTask): Commit {
  // The executor hands over tasks with a commit only.
  return task.commit as Commit;
}
