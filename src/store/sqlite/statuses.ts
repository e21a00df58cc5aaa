import type { OrderStatus } from '../../order/values.ts';
import { matchesStatus } from '../store.ts';
import { parseJson } from './codec.ts';
import type { Database, Statement } from './database.ts';
import { storeCorrupt } from './failure.ts';

interface StatusRow {
  readonly status_id: number;
  readonly status: string;
}

/**
 * The dictionary of distinct statuses, kept in memory as far as it has been met: there are
 * hundreds of them, however many orders. Other processes add to the table too, so what is not
 * found here is looked up there. A status is parsed once and shared, frozen.
 */
export class Statuses {
  #idsByObject = new WeakMap<OrderStatus, number>();
  #idsByText = new Map<string, number>();
  #byId = new Map<number, OrderStatus>();
  /** Every row up to this id is in memory. */
  #completeUpTo = 0;

  readonly #selectByText: Statement<StatusRow>;
  readonly #selectById: Statement<StatusRow>;
  readonly #selectAfter: Statement<StatusRow>;
  readonly #insert: Statement<unknown>;

  constructor(database: Database) {
    const columns = 'SELECT status_id, status FROM statuses';
    this.#selectByText = database.prepare(`${columns} WHERE status = ?`);
    this.#selectById = database.prepare(`${columns} WHERE status_id = ?`);
    this.#selectAfter = database.prepare(`${columns} WHERE status_id > ? ORDER BY status_id`);
    this.#insert = database.prepare('INSERT INTO statuses (status) VALUES (?)');
  }

  /** The id of a status, which is added when it is new: call this in a writing transaction only. */
  idOf(status: OrderStatus): number {
    const known = this.#idsByObject.get(status);
    if (known !== undefined) return known;
    const text = JSON.stringify(status);
    const id = this.#idsByText.get(text) ?? this.#findOrInsert(text);
    this.#idsByObject.set(status, id);
    return id;
  }

  /** Throws `storeCorrupt` when there is no such id. */
  statusOf(id: number): OrderStatus {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const row = this.#selectById.get(id);
    if (row === undefined) throw storeCorrupt(`table statuses has no row ${id}`);
    return this.#remember(row);
  }

  /** The ids of all statuses in which every named region is in the named state. */
  matching(wanted: Readonly<Record<string, string>>): number[] {
    for (const row of this.#selectAfter.all(this.#completeUpTo)) {
      this.#remember(row);
      this.#completeUpTo = row.status_id;
    }
    return [...this.#byId].filter(([, status]) => matchesStatus(status, wanted)).map(([id]) => id);
  }

  /** Forgets everything: after a rollback some ids may not exist, or may be given anew. */
  forget(): void {
    this.#idsByObject = new WeakMap();
    this.#idsByText = new Map();
    this.#byId = new Map();
    this.#completeUpTo = 0;
  }

  #findOrInsert(text: string): number {
    const id =
      this.#selectByText.get(text)?.status_id ?? Number(this.#insert.run(text).lastInsertRowid);
    this.#idsByText.set(text, id);
    return id;
  }

  #remember({ status_id: id, status: text }: StatusRow): OrderStatus {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const status = freezeDeep(parseJson<OrderStatus>(text, `table statuses, row ${id}`));
    this.#byId.set(id, status);
    this.#idsByText.set(text, id);
    this.#idsByObject.set(status, id);
    return status;
  }
}

function freezeDeep<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) freezeDeep(inner);
  return Object.freeze(value);
}
