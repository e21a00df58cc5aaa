import { OrderchartError } from '../../errors.ts';
import { equals } from './builtins.ts';
import { asBigints, numbers } from './columns.ts';
import type { PostgresClient, PostgresQuery } from './options.ts';

/** How many statements may be unanswered before the server is asked whether they still wait. */
const mostWaiting = 4;

/**
 * Statements that timed out, and that the server may still be running. A commit that waits for a
 * synchronous standby does not notice that its client is gone. If a new write followed each time, the
 * server would run out of connections, and reads would fail as well.
 */
export class Unanswered {
  readonly #read: (query: PostgresQuery) => Promise<readonly unknown[]>;
  #backends = new Set<number>();

  constructor(read: (query: PostgresQuery) => Promise<readonly unknown[]>) {
    this.#read = read;
  }

  /** Records that a statement of this connection timed out. */
  add({ processID }: PostgresClient): void {
    if (typeof processID === 'number') this.#backends.add(processID);
  }

  /**
   * Throws `storeUnavailable` when too many still wait for a standby. After a failover the new server has
   * none of them.
   */
  async check(): Promise<void> {
    if (this.#backends.size < mostWaiting) return;
    const rows = await this.#read({ text: stillWaiting, values: [numbers([...this.#backends])] });
    this.#backends = new Set((rows as readonly { readonly pid: number }[]).map(({ pid }) => pid));
    if (this.#backends.size >= mostWaiting) throw standbyAway();
  }
}

const stillWaiting =
  'SELECT pid FROM pg_catalog.pg_stat_activity ' +
  `WHERE pid ${equals} ANY (${asBigints('$1')}) AND wait_event ${equals} 'SyncRep'`;

function standbyAway(): OrderchartError {
  return new OrderchartError(
    'storeUnavailable',
    'Earlier writes still wait for a synchronous standby of the database, which does not answer. ' +
      'Nothing was written. Bring the standby back, or change synchronous_standby_names.',
  );
}
