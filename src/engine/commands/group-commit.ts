import { OrderchartError } from '../../errors.ts';
import type { Commit, CommitOutcome, OrderStore, TransactionStore } from '../../store/store.ts';
import { commitBytes } from '../kernel/sizes.ts';
import type { EngineCounters } from '../kernel/stats.ts';
import type { CommandTask } from './task.ts';

/** Who gets the store's answers. */
export interface CommitListener {
  committed(task: CommandTask, outcome: CommitOutcome): void;
  failed(task: CommandTask, error: OrderchartError): void;
  /** After every answer of a batch was given. */
  batchEnded(): void;
}

/** How much travels to the store together at most; a commit that is larger travels alone. */
export interface BatchBounds {
  readonly batchSize: number;
  readonly batchBytes: number;
}

/**
 * Writes commits in groups: while one batch is being written the next one gathers, so batches
 * grow with the load by themselves, and a lone command waits for nobody.
 *
 * Where a server writes, the next batch leaves before the answers of the last one are given, and a
 * full one leaves at once: callers answer with further commands, and to decide those takes as long
 * as the server takes for a batch. A store that writes in this thread would only hold up answers.
 */
export class GroupCommit {
  readonly #store: OrderStore;
  readonly #bounds: BatchBounds;
  readonly #counters: EngineCounters;
  readonly #listener: CommitListener;
  #gathered: CommandTask[] = [];
  #gatheredBytes = 0;
  #isWriting = false;
  #leavesSoon = false;

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
    if (isFull && this.#store.features.remote) this.#leave();
    else this.#leaveSoon();
  }

  /** In a transaction of the host's, where it is alone. */
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
   * With a durable store a batch leaves at the end of this turn of the event loop: requests that
   * came on several sockets at once run one after another within one turn, and would else pay a
   * disk flush each. Without a disk there is nothing to share, and what one synchronous run has
   * asked for is gathered by the next microtask.
   */
  #leaveSoon(): void {
    if (this.#leavesSoon) return;
    this.#leavesSoon = true;
    const leave = (): void => {
      this.#leavesSoon = false;
      if (!this.#isWriting) this.#leave();
    };
    if (this.#store.features.durable) setImmediate(leave);
    else queueMicrotask(leave);
  }

  /** Those who have gathered, if any. */
  #leave(): void {
    const batch = this.#take();
    if (batch.length === 0) return;
    this.#isWriting = true;
    this.#counters.batches += 1;
    // What is durable is never told as failed: nothing that is thrown while telling is caught.
    this.#store.commit(batch.map(commitOf)).then(
      (outcomes) => this.#landed(() => this.#answerAll(batch, outcomes)),
      // The guarded store throws nothing else.
      (error: OrderchartError) => this.#landed(() => this.#failAll(batch, error)),
    );
  }

  #landed(answer: () => void): void {
    this.#isWriting = false;
    const tell = (): void => {
      answer();
      this.#listener.batchEnded();
      if (!this.#isWriting && this.#gathered.length > 0) this.#leaveSoon();
    };
    if (!this.#store.features.remote || this.#gathered.length === 0) {
      tell();
      return;
    }
    this.#leave();
    // Not before the store has sent it: it borrows a connection first, which takes ticks.
    setImmediate(tell);
  }

  #take(): readonly CommandTask[] {
    const gathered = this.#gathered;
    const { count, bytes } = this.#measureBatch();
    this.#gathered = count === gathered.length ? [] : gathered.slice(count);
    this.#gatheredBytes -= bytes;
    return count === gathered.length ? gathered : gathered.slice(0, count);
  }

  /** How many of those who gathered fit into one batch: at least one. */
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

  /** Whether it was written is anybody's guess, so the caller is told that. */
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
