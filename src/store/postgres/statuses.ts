import type { OrderStatus } from '../../order/values.ts';
import { matchesStatus } from '../store.ts';
import { parseJson } from './codec.ts';
import { asBigints, asTexts, documents, numbers } from './columns.ts';
import type { Connections } from './connections.ts';
import { storeCorrupt } from './failure.ts';

interface StatusRow {
  readonly status_id: number;
  readonly status: string;
}

/** The SQL of this file, by purpose. */
export function statusQueries(schema: string) {
  const table = `${schema}.statuses`;
  return {
    insert: `INSERT INTO ${table} (status) SELECT unnest(${asTexts('$1')}) ON CONFLICT DO NOTHING`,
    byText: `SELECT status_id, status FROM ${table} WHERE status = ANY (${asTexts('$1')})`,
    others:
      `SELECT status_id, status FROM ${table} ` +
      `WHERE NOT status_id = ANY (${asBigints('$1')}) ORDER BY status_id`,
  } as const;
}

/**
 * The dictionary of distinct statuses, kept in memory as far as it has been met: there are
 * hundreds of them, however many orders. Rows are added in transactions of their own and never
 * go, so an id that was read holds for ever. A status is parsed once and shared, frozen.
 */
export class Statuses {
  readonly #connections: Connections;
  readonly #queries: ReturnType<typeof statusQueries>;
  readonly #idsByObject = new WeakMap<OrderStatus, number>();
  readonly #idsByText = new Map<string, number>();
  readonly #byId = new Map<number, OrderStatus>();

  constructor(connections: Connections, schema: string) {
    this.#connections = connections;
    this.#queries = statusQueries(schema);
  }

  /** Makes sure that each of them has an id; `idOf` knows them then. */
  async learn(statuses: Iterable<OrderStatus>): Promise<void> {
    const unknown = new Set<string>();
    for (const status of statuses)
      if (this.#find(status) === undefined) unknown.add(textOf(status));
    if (unknown.size === 0) return;
    const values = [documents([...unknown].sort())];
    await this.#connections.read({ text: this.#queries.insert, values });
    const rows = await this.#connections.read<StatusRow>({ text: this.#queries.byText, values });
    for (const row of rows) this.#remember(row);
  }

  /** The id of a status that was learned. */
  idOf(status: OrderStatus): number {
    const id = this.#find(status);
    if (id === undefined) throw storeCorrupt('table statuses lost a row');
    return id;
  }

  /** Throws `storeCorrupt` when one of the ids does not exist. */
  async load(ids: Iterable<number>): Promise<void> {
    for (const id of new Set(ids)) {
      if (this.#byId.has(id)) continue;
      await this.#loadOthers();
      if (!this.#byId.has(id)) throw storeCorrupt(`table statuses has no row ${id}`);
    }
  }

  /** The status of an id that was loaded. */
  statusOf(id: number): OrderStatus {
    const status = this.#byId.get(id);
    if (status === undefined) throw storeCorrupt(`table statuses has no row ${id}`);
    return status;
  }

  /** The ids of all statuses in which every named region is in the named state. */
  async matching(wanted: Readonly<Record<string, string>>): Promise<number[]> {
    await this.#loadOthers();
    return [...this.#byId].filter(([, status]) => matchesStatus(status, wanted)).map(([id]) => id);
  }

  /** All that are not known yet: ids become visible out of their order, so none tells the last. */
  async #loadOthers(): Promise<void> {
    const values = [numbers([...this.#byId.keys()])];
    const rows = await this.#connections.read<StatusRow>({ text: this.#queries.others, values });
    for (const row of rows) this.#remember(row);
  }

  #find(status: OrderStatus): number | undefined {
    const known = this.#idsByObject.get(status);
    if (known !== undefined) return known;
    const id = this.#idsByText.get(textOf(status));
    if (id !== undefined) this.#idsByObject.set(status, id);
    return id;
  }

  #remember({ status_id: id, status: text }: StatusRow): void {
    if (this.#byId.has(id)) return;
    const status = freezeDeep(parseJson<OrderStatus>(text, `table statuses, row ${id}`));
    this.#byId.set(id, status);
    this.#idsByText.set(text, id);
    this.#idsByObject.set(status, id);
  }
}

function textOf(status: OrderStatus): string {
  return JSON.stringify(status);
}

function freezeDeep<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) freezeDeep(inner);
  return Object.freeze(value);
}
