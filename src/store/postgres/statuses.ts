import type { AnyStatus } from '../../order/values.ts';
import type { Integer } from '../sql/codec.ts';
import { KnownStatuses, noSuchStatus } from '../sql/known-statuses.ts';
import type { Ask } from './ask.ts';
import { equals } from './builtins.ts';
import { asBigints, documents, numbers } from './columns.ts';

interface StatusRow {
  readonly status_id: Integer;
  readonly status: string;
}

/** The SQL of this file; the tests check the plan of each query. */
export function statusQueries(schema: string) {
  const columns = `SELECT status_id, status FROM ${schema}.statuses WHERE`;
  return {
    byId: `${columns} status_id ${equals} ANY (${asBigints('$1')})`,
    others: `${columns} NOT status_id ${equals} ANY (${asBigints('$1')}) ORDER BY status_id`,
  } as const;
}

/**
 * The dictionary of distinct statuses, cached in memory when they are first used. The id of a status is a
 * hash of its text, so the cache stays correct even if the database is set back; but rows may be gone
 * then. So each batch names the ids that it uses, and sends the texts of those that may be missing.
 */
export class Statuses {
  readonly #queries: ReturnType<typeof statusQueries>;
  readonly #known = new KnownStatuses();
  /** The ids whose rows existed when they were last used. */
  #stored = new Set<number>();

  constructor(schema: string) {
    this.#queries = statusQueries(schema);
  }

  idOf(status: AnyStatus): number {
    return this.#known.idOf(status);
  }

  /** Returns parameters of a batch: the ids it uses, then ids and texts of those that may be missing. */
  columnsOf(statuses: Iterable<AnyStatus>): readonly [string, string, string] {
    const used = new Set<number>();
    for (const status of statuses) used.add(this.idOf(status));
    const missing = [...used].filter((id) => !this.#stored.has(id));
    return [
      numbers([...used]),
      numbers(missing),
      documents(missing.map((id) => this.#known.textOf(id) ?? null)),
    ];
  }

  /** Records that the rows of these statuses are committed. */
  stored(statuses: Iterable<AnyStatus>): void {
    for (const status of statuses) this.#stored.add(this.idOf(status));
  }

  /** Forgets which rows exist, because the database was set back. */
  forgetStored(): void {
    this.#stored = new Set();
  }

  /**
   * Reads the statuses that were not met before. A missing or damaged one makes {@link statusOf} throw,
   * so that it does not affect the others.
   *
   * @param ask Runs statements where the ids were read, because only that transaction may see the rows.
   */
  async load(ids: Iterable<Integer>, ask: Ask): Promise<void> {
    const unknown = [...new Set([...ids].map(Number))].filter(
      (id) => this.#known.get(id) === undefined,
    );
    if (unknown.length === 0) return;
    await this.#ask(ask, this.#queries.byId, unknown);
  }

  /**
   * Returns a status that was loaded; throws `storeCorrupt` for an id without a readable row.
   *
   * @param where Names the row that refers to it, for the error.
   */
  statusOf(id: Integer, where: string): AnyStatus {
    const status = this.#known.get(Number(id));
    if (status === undefined) throw noSuchStatus(id, where);
    return status;
  }

  /** Returns the ids of all statuses that `wanted` selects, see `matchesStatus`. */
  async matching(wanted: Readonly<Record<string, string>>, ask: Ask): Promise<number[]> {
    await this.#ask(ask, this.#queries.others, this.#known.ids);
    return this.#known.matching(wanted);
  }

  async #ask(ask: Ask, text: string, ids: readonly number[]): Promise<void> {
    for (const row of await ask<StatusRow>({ text, values: [numbers(ids)] })) {
      this.#known.learn(Number(row.status_id), row.status);
    }
  }
}
