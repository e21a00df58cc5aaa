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

/** The SQL of this file, by purpose. */
export function statusQueries(schema: string) {
  const columns = `SELECT status_id, status FROM ${schema}.statuses WHERE`;
  return {
    byId: `${columns} status_id ${equals} ANY (${asBigints('$1')})`,
    others: `${columns} NOT status_id ${equals} ANY (${asBigints('$1')}) ORDER BY status_id`,
  } as const;
}

/**
 * The dictionary of distinct statuses, kept in memory as far as it has been met: there are
 * hundreds of them, however many orders. The id of a status is a hash of its text, so what is in
 * memory stays true whatever becomes of the database. Only that a row is there does not: each
 * batch names the ids that it uses, and those that are missing are sent with their texts.
 */
export class Statuses {
  readonly #queries: ReturnType<typeof statusQueries>;
  readonly #known = new KnownStatuses();
  /** Those whose rows were there when last heard of. */
  #stored = new Set<number>();

  constructor(schema: string) {
    this.#queries = statusQueries(schema);
  }

  idOf(status: AnyStatus): number {
    return this.#known.idOf(status);
  }

  /** Parameters of a batch: the ids that it uses; the ids and texts of those that may be missing. */
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

  /** The rows of these are in the database now, committed. */
  stored(statuses: Iterable<AnyStatus>): void {
    for (const status of statuses) this.#stored.add(this.idOf(status));
  }

  /** One of those rows was not: it is another database than it was. */
  forgetStored(): void {
    this.#stored = new Set();
  }

  /**
   * Reads those that have not been met. One that is not there, or that cannot be read, is told by
   * {@link Statuses.statusOf}: others that are read with it are none the worse.
   *
   * @param ask Where the ids were read, for what is not committed is seen there alone.
   */
  async load(ids: Iterable<Integer>, ask: Ask): Promise<void> {
    const unknown = [...new Set([...ids].map(Number))].filter(
      (id) => this.#known.get(id) === undefined,
    );
    if (unknown.length === 0) return;
    await this.#ask(ask, this.#queries.byId, unknown);
  }

  /**
   * The status of an id that was loaded; throws `storeCorrupt` when there is none.
   *
   * @param where What has it, for the error.
   */
  statusOf(id: Integer, where: string): AnyStatus {
    const status = this.#known.get(Number(id));
    if (status === undefined) throw noSuchStatus(id, where);
    return status;
  }

  /** The ids of all statuses in which every named region is in the named state. */
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
