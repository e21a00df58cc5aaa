import { type ErrorCode, isOrderchartError } from '../../errors.ts';
import type { DueOrder } from '../../store/store.ts';
import type { TimerFailures } from './timer-failures.ts';

/** Fires a deadline. Resolves when that is durable, to false when another engine was first. */
export type FireDeadline = (due: DueOrder) => Promise<boolean>;

/** The outcome of firing several deadlines. */
export interface FiringResult {
  /** Whether another engine fired any of them first. */
  readonly wasTaken: boolean;
  /** How many failed and could not be remembered individually. */
  readonly forgotten: number;
}

interface Firing {
  readonly due: DueOrder;
  readonly outcome: 'fired' | 'taken' | 'failed';
  readonly error?: unknown;
}

/** Deadlines that are fired at the same time at most. */
const largestChunk = 256;
/** When a whole chunk failed, the next one is smaller by this factor, down to a single deadline. */
const narrowing = 8;

/** The codes of an unavailable store; any other failure concerns a single order. */
const storeCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'outcomeUnknown',
  'storeClosed',
  'storeDefect',
  'storeUnavailable',
]);

/**
 * Fires deadlines concurrently, and distinguishes failures of the store from those of an order. If
 * the store is unavailable, all fail, and no order is to blame. But an order that the store cannot
 * write may fail its whole batch, so fewer and fewer are fired together until the culprit is alone.
 */
export class TimerFiring {
  readonly #fire: FireDeadline;
  readonly #failures: TimerFailures;
  #chunkSize = largestChunk;
  /** Whether the store answered for any order in this look. */
  #hasAnswered = false;

  constructor(fire: FireDeadline, failures: TimerFailures) {
    this.#fire = fire;
    this.#failures = failures;
  }

  get chunkSize(): number {
    return this.#chunkSize;
  }

  /** Starts a new look. */
  begin(): void {
    this.#hasAnswered = false;
  }

  /** Fires the deadlines and remembers those that fail. Throws the error of an unavailable store. */
  async fireEach(chosen: readonly DueOrder[]): Promise<FiringResult> {
    if (chosen.length === 0) return { wasTaken: false, forgotten: 0 };
    const firings = await Promise.all(chosen.map((due) => this.#fireOne(due)));
    const isStoreDown = firings.every(({ error }) => isOfStore(error));
    if (isStoreDown && !this.#hasAnswered) this.#giveUp(firings);
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

  /** Returns false when it failed and cannot be remembered. */
  #note({ due, outcome, error }: Firing): boolean {
    if (outcome === 'failed') {
      this.#failures.log(due, error);
      return this.#failures.add(due);
    }
    this.#failures.delete(due);
    return true;
  }

  #giveUp(firings: readonly Firing[]): never {
    const [first] = firings;
    this.#chunkSize = Math.max(1, Math.floor(firings.length / narrowing));
    // A single deadline may be the culprit, so the next look tries another one.
    if (firings.length === 1 && first !== undefined) this.#failures.add(first.due);
    throw first?.error;
  }
}

function isOfStore(error: unknown): boolean {
  return isOrderchartError(error) && storeCodes.has(error.code);
}
