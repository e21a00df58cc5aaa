import { type ErrorCode, isOrderchartError } from '../../errors.ts';
import type { DueOrder } from '../../store/store.ts';
import type { TimerFailures } from './timer-failures.ts';

/** Fires one deadline; resolves when that is durable. False when another engine was first. */
export type FireDeadline = (due: DueOrder) => Promise<boolean>;

/** How some deadlines went. */
export interface FiringResult {
  /** Whether another engine was first with any of them. */
  readonly wasTaken: boolean;
  /** How many failed and are too many to be remembered. */
  readonly forgotten: number;
}

interface Firing {
  readonly due: DueOrder;
  readonly outcome: 'fired' | 'taken' | 'failed';
  readonly error?: unknown;
}

/** Deadlines that are fired at the same time, at most. */
const largestChunk = 256;
/** When all of a chunk failed, the next one is that many times smaller, down to a single one. */
const narrowing = 8;

/** What says that the store is away; any other failure is about the one order. */
const storeCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'outcomeUnknown',
  'storeClosed',
  'storeDefect',
  'storeUnavailable',
]);

/**
 * Fires deadlines side by side and keeps apart why they fail. When the store is away, all fail
 * and none is to blame. But one order that its store cannot write may fail the whole batch that it
 * is in, so less and less is tried at once until the one to blame stands alone.
 */
export class TimerFiring {
  readonly #fire: FireDeadline;
  readonly #failures: TimerFailures;
  #chunkSize = largestChunk;
  /** Whether the store has answered for any order in this look. */
  #hasAnswered = false;

  constructor(fire: FireDeadline, failures: TimerFailures) {
    this.#fire = fire;
    this.#failures = failures;
  }

  get chunkSize(): number {
    return this.#chunkSize;
  }

  /** A new look begins, which knows nothing of the store. */
  begin(): void {
    this.#hasAnswered = false;
  }

  /** Fires these, and notes those that fail. Throws what the store has failed with. */
  async fireEach(chosen: readonly DueOrder[]): Promise<FiringResult> {
    if (chosen.length === 0) return { wasTaken: false, forgotten: 0 };
    const firings = await Promise.all(chosen.map((due) => this.#fireOne(due)));
    const isAway = firings.every(({ error }) => isOfStore(error));
    if (isAway && !this.#hasAnswered) this.#giveWay(firings);
    this.#hasAnswered = true;
    this.#chunkSize = Math.min(largestChunk, this.#chunkSize * narrowing);
    const wasTaken = firings.some(({ outcome }) => outcome === 'taken');
    return { wasTaken, forgotten: firings.filter((firing) => !this.#note(firing)).length };
  }

  async #fireOne(due: DueOrder): Promise<Firing> {
    try {
      return { due, outcome: (await this.#fire(due)) ? 'fired' : 'taken' };
    } catch (error) {
      return { due, outcome: 'failed', error };
    }
  }

  /** False when it failed and cannot be remembered. */
  #note({ due, outcome, error }: Firing): boolean {
    if (outcome === 'failed') {
      this.#failures.log(due, error);
      return this.#failures.add(due);
    }
    this.#failures.delete(due);
    return true;
  }

  #giveWay(firings: readonly Firing[]): never {
    const [first] = firings;
    this.#chunkSize = Math.max(1, Math.floor(firings.length / narrowing));
    // By itself it may be to blame: the next look tries another one.
    if (firings.length === 1 && first !== undefined) this.#failures.add(first.due);
    throw first?.error;
  }
}

function isOfStore(error: unknown): boolean {
  return isOrderchartError(error) && storeCodes.has(error.code);
}
