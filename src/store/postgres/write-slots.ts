import { OrderchartError } from '../../errors.ts';
import type { PostgresPool } from './options.ts';

/**
 * Of a pool that tells its size, some connections are never used for writing. Writes can all be held
 * up at once, by a synchronous standby that is away; reads must not wait behind them.
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

  /** Runs `write` when its turn has come; rejects with `storeUnavailable` when it does not come in time. */
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
 * One connection listens, two are for projections, one is for reads; but two writes at once are
 * needed for one batch to leave while the answers of another are given.
 */
function writesAtOnce(poolSize: number | undefined): number {
  if (poolSize === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(1, Math.min(2, poolSize - 1), poolSize - 4);
}

function noTurn(): OrderchartError {
  return new OrderchartError(
    'storeUnavailable',
    'Writes before this one wait for the database, and none of them ended in time. Nothing was written.',
  );
}
