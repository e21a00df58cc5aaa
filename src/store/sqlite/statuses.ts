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
 * The dictionary of distinct statuses, kept in memory as far as it has been met: there are
 * hundreds of them, however many orders. The id of a status is a hash of its text, so what is in
 * memory stays true when the file is set back, and after a rollback. Only that a row is there does
 * not, so each batch looks. A status is parsed once and shared, frozen.
 */
export class Statuses {
  readonly #known = new KnownStatuses();
  /** Whose rows this batch has seen or written. */
  readonly #stored = new Set<number>();

  readonly #sql: Statements<typeof statusQueries, Rows>;

  constructor(database: Database) {
    this.#sql = database.prepareAll(statusQueries);
  }

  /** Nothing is known to be stored: the file may be another than at the last batch. */
  beginBatch(): void {
    this.#stored.clear();
  }

  /** The id of a status, which is added when it is new: for the batch that has begun. */
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
   * Throws `storeCorrupt` when there is no such id, or when its row cannot be read.
   *
   * @param where What has it, for the error.
   */
  statusOf(id: Integer, where: string): AnyStatus {
    const status = this.#find(Number(id));
    if (status === undefined) throw noSuchStatus(id, where);
    return status;
  }

  /** The ids of all statuses in which every named region is in the named state. */
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
