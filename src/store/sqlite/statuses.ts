import type { AnyStatus } from '../../order/values.ts';
import { KnownStatuses } from '../known-statuses.ts';
import { matchesStatus } from '../store.ts';
import type { Database, Statement } from './database.ts';
import { storeCorrupt } from './failure.ts';

interface StatusRow {
  readonly status: string;
}

interface IdRow {
  readonly status_id: number;
}

/**
 * The dictionary of distinct statuses, kept in memory as far as it has been met: there are
 * hundreds of them, however many orders. The id of a status is a hash of its text, so what is in
 * memory stays true when the file is set back, and after a rollback. Only that a row is there does
 * not, so each batch looks. A status is parsed once and shared, frozen.
 */
export class Statuses {
  readonly #known = new KnownStatuses((id) =>
    storeCorrupt(`table statuses, two statuses with one id ${id}`),
  );
  /** Whose rows this batch has seen or written. */
  readonly #stored = new Set<number>();

  readonly #select: Statement<StatusRow>;
  readonly #selectIds: Statement<IdRow>;
  readonly #insert: Statement<unknown>;

  constructor(database: Database) {
    this.#select = database.prepare('SELECT status FROM statuses WHERE status_id = ?');
    this.#selectIds = database.prepare('SELECT status_id FROM statuses');
    this.#insert = database.prepare('INSERT INTO statuses (status_id, status) VALUES (?, ?)');
  }

  /** Nothing is known to be stored: the file may be another than at the last batch. */
  beginBatch(): void {
    this.#stored.clear();
  }

  /** The id of a status, which is added when it is new: for the batch that has begun. */
  storedIdOf(status: AnyStatus): number {
    const id = this.#known.idOf(status);
    if (this.#stored.has(id)) return id;
    const row = this.#select.get(id);
    if (row === undefined) this.#insert.run(id, JSON.stringify(status));
    else this.#known.learn(id, row.status);
    this.#stored.add(id);
    return id;
  }

  /**
   * Throws `storeCorrupt` when there is no such id, or when its row cannot be read.
   *
   * @param where What has it, for the error.
   */
  statusOf(id: number, where: string): AnyStatus {
    const status = this.#find(id);
    if (status === undefined) throw storeCorrupt(`${where}: table statuses has no such row ${id}`);
    return status;
  }

  /** The ids of all statuses in which every named region is in the named state. */
  matching(wanted: Readonly<Record<string, string>>): number[] {
    return this.#selectIds
      .all()
      .map((row) => row.status_id)
      .filter((id) => {
        const status = this.#find(id);
        return status !== undefined && matchesStatus(status, wanted);
      });
  }

  #find(id: number): AnyStatus | undefined {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const row = this.#select.get(id);
    return row && this.#known.learn(id, row.status);
  }
}
