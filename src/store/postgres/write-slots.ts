import { OrderchartError } from '../../errors.ts';
import type { PostgresPool } from './options.ts';

/**
 * Keeps some connections of a pool of known size for reads, which must not wait when all writes hang, for
 * example because a synchronous standby is missing.
 */
export class WriteSlots {
  readonly #pool: PostgresPool;
  readonly #waitMs: number;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(pool: PostgresPool, waitMs: number) {
    this.#pool = pool;
    this.#waitMs = waitMs;
  }

  /** Runs `write` when a slot is free; rejects with `storeUnavailable` when none is in time. */
  async use<Result>(write: () => Promise<Result>): Promise<Result> {
    await this.#take();
    try {
      return await write();
    } finally {
      this.#taken -= 1;
      this.#waiting.shift()?.();
    }
  }

  #take(): Promise<void> {
    if (this.#taken < writesAtOnce(this.#pool.options?.max)) {
      this.#taken += 1;
      return Promise.resolve();
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const go = (): void => {
      clearTimeout(timer);
      this.#taken += 1;
      resolve();
    };
    const timer = setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(go), 1);
      reject(noTurn());
    }, this.#waitMs).unref();
    this.#waiting.push(go);
    return promise;
  }
}

/**
 * Returns how many writes may run at the same time. One connection listens, two are for projections, one is
 * for reads; but two writes are needed to send one batch while another is answered.
 */
function writesAtOnce(poolSize: number | undefined): number {
  if (poolSize === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(1, Math.min(2, poolSize - 1), poolSize - 4);
}

function noTurn(): OrderchartError {
  return new OrderchartError(
    'storeUnavailable',
    'Earlier writes wait for the database, and none finished in time. Nothing was written. Try again.',
  );
}
