import type { AnyStatus } from '../../order/values.ts';
import type { Integer } from '../sql/codec.ts';
import { KnownStatuses, noSuchStatus } from '../sql/known-statuses.ts';
import type { Database, Statements } from './database.ts';

const statusQueries = {
  select: 'SELECT status FROM statuses WHERE status_id = ?',
  selectIds: 'SELECT status_id FROM statuses',
  insert: 'INSERT INTO statuses (status_id, status) VALUES (?, ?)',
} as const;

interface Rows {
  readonly select: { readonly status: string };
  readonly selectIds: { readonly status_id: number };
}

/**
 * The dictionary of distinct statuses, cached in memory when they are first used. The id of a status is a
 * hash of its text, so the cache stays correct after a rollback, or when the file is set back; but
 * rows may be gone then, so each batch checks that they exist.
 */
export class Statuses {
  readonly #known = new KnownStatuses();
  /** The ids whose rows the present batch has seen or written. */
  readonly #stored = new Set<number>();

  readonly #sql: Statements<typeof statusQueries, Rows>;

  constructor(database: Database) {
    this.#sql = database.prepareAll(statusQueries);
  }

  /** Forgets which rows exist: the file may have been set back since the last batch. */
  beginBatch(): void {
    this.#stored.clear();
  }

  /** Returns the id of a status, and adds its row when the present batch needs it. */
  storedIdOf(status: AnyStatus): number {
    const id = this.#known.idOf(status);
    if (this.#stored.has(id)) return id;
    const row = this.#sql.select.get(id);
    if (row === undefined) this.#sql.insert.run(id, JSON.stringify(status));
    else this.#known.learn(id, row.status);
    this.#stored.add(id);
    return id;
  }

  /**
   * Returns the status with this id. Throws `storeCorrupt` when it has no row, or one that cannot be
   * read.
   *
   * @param where Names the row that refers to it, for the error.
   */
  statusOf(id: Integer, where: string): AnyStatus {
    const status = this.#find(Number(id));
    if (status === undefined) throw noSuchStatus(id, where);
    return status;
  }

  /** Returns the ids of all statuses that `wanted` selects, see `matchesStatus`. */
  matching(wanted: Readonly<Record<string, string>>): number[] {
    for (const row of this.#sql.selectIds.all()) this.#find(row.status_id);
    return this.#known.matching(wanted);
  }

  #find(id: number): AnyStatus | undefined {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const row = this.#sql.select.get(id);
    return row && this.#known.learn(id, row.status);
  }
}
