import type { PurgeRequest, PurgeResult } from '../store.ts';
import type { Connections } from './connections.ts';

/** The SQL of this file, by purpose; the tests ask the planner how it runs each. */
export function purgeQueries(schema: string) {
  return {
    // What somebody is writing is left for the next time: nobody waits for a purge, nor it for them.
    commands:
      `WITH gone AS (DELETE FROM ${schema}.commands WHERE (tenant_id, scope, key) IN ` +
      `(SELECT tenant_id, scope, key FROM ${schema}.commands WHERE recorded_at < $1::bigint ` +
      'ORDER BY recorded_at LIMIT $2::integer FOR UPDATE SKIP LOCKED) RETURNING 1) ' +
      'SELECT count(*) AS count FROM gone',
    orders:
      'WITH old AS MATERIALIZED (' +
      `SELECT order_row FROM ${schema}.orders WHERE archived_at < $1::bigint ` +
      'ORDER BY archived_at LIMIT $2::integer FOR UPDATE SKIP LOCKED), ' +
      `events_gone AS (DELETE FROM ${schema}.events USING old ` +
      'WHERE events.order_row = old.order_row), ' +
      `gone AS (DELETE FROM ${schema}.orders USING old ` +
      'WHERE orders.order_row = old.order_row RETURNING 1) SELECT count(*) AS count FROM gone',
    sweep: `SELECT ${schema}.sweep_feed($1::integer)`,
  } as const;
}

interface CountRow {
  readonly count: number | string;
}

/** Removes what is past its time. */
export class Purger {
  readonly #connections: Connections;
  readonly #queries: ReturnType<typeof purgeQueries>;

  constructor(connections: Connections, schema: string) {
    this.#connections = connections;
    this.#queries = purgeQueries(schema);
  }

  async purge({ commandsBefore, archivedBefore, limit }: PurgeRequest): Promise<PurgeResult> {
    this.#connections.checkOpen();
    const commands = await this.#count('commands', commandsBefore, limit);
    const orders = await this.#count('orders', archivedBefore, limit);
    // Their places in the feed are empty now; a stretch of it is swept with each purge.
    if (archivedBefore !== undefined) await this.#run('sweep', [`${Math.max(limit, 1000)}`]);
    return { commands, orders };
  }

  async #count(
    name: 'commands' | 'orders',
    before: number | undefined,
    limit: number,
  ): Promise<number> {
    if (before === undefined) return 0;
    const [row] = await this.#run<CountRow>(name, [`${before}`, `${limit}`]);
    return Number(row?.count ?? 0);
  }

  #run<Row>(name: keyof ReturnType<typeof purgeQueries>, values: string[]) {
    // Repeating a purge is harmless, so it does not matter whether a failed one was applied.
    return this.#connections.read<Row>({ text: this.#queries[name], values });
  }
}
