import type { Timestamp } from '../../order/values.ts';
import type { FeedEntry } from '../store.ts';
import { decodeEvent, type EventRow, eventColumns } from './codec.ts';
import { asBigints, numbers } from './columns.ts';
import type { Connections } from './connections.ts';
import { Gatherer } from './gather.ts';
import type { Statuses } from './statuses.ts';

/** How many partitions the feed has: the lowest four bits of an order's row. */
export const partitionCount = 16;

interface Page {
  readonly partition: number;
  readonly after: number;
  readonly limit: number;
}

interface FeedRow extends EventRow {
  readonly partition: number;
  readonly position: number | string;
  readonly tenant_id: string;
  readonly order_id: string;
  readonly page: number | string;
}

interface PositionRow {
  readonly position: number | string | null;
}

/** The SQL of this file, by purpose; the tests ask the planner how it runs each. */
export function feedQueries(schema: string) {
  const entries = `${schema}.feed CROSS JOIN LATERAL (SELECT tenant_id, order_id FROM ${schema}.orders `;
  return {
    isPending:
      `SELECT DISTINCT wanted.partition FROM unnest(${asBigints('$1')}) AS wanted(partition) ` +
      `WHERE EXISTS (SELECT FROM ${schema}.pending WHERE pending.partition = wanted.partition)`,
    sequence: `SELECT ${schema}.sequence_pending(${asBigints('$1')}::smallint[]) AS is_sequenced`,
    pages:
      `SELECT wanted.page, found.* FROM unnest(${asBigints('$1')}, ${asBigints('$2')}, ` +
      `${asBigints('$3')}) WITH ORDINALITY AS wanted(partition, after, count, page) ` +
      'CROSS JOIN LATERAL (' +
      `SELECT feed.partition, feed.position, tenant_id, order_id, ${eventColumns} FROM ${entries}` +
      'WHERE orders.order_row = feed.order_row) AS ordered CROSS JOIN LATERAL ' +
      `(SELECT * FROM ${schema}.events WHERE events.order_row = feed.order_row ` +
      'AND events.version = feed.version LIMIT 1) AS event ' +
      'WHERE feed.partition = wanted.partition::smallint AND feed.position > wanted.after ' +
      'ORDER BY feed.position LIMIT wanted.count) AS found ORDER BY wanted.page, found.position',
    // What is pending counts: its positions are not given yet, but there will be no others before.
    end:
      `SELECT position + (SELECT count(*) FROM ${schema}.pending ` +
      'WHERE pending.partition = $1::smallint) AS position ' +
      `FROM ${schema}.feed_heads WHERE feed_heads.partition = $1::smallint`,
    head: `SELECT position FROM ${schema}.feed_heads WHERE partition = $1::smallint`,
    markBefore:
      `SELECT position FROM ${schema}.feed_marks WHERE partition = $1::smallint ` +
      'AND latest_recorded_at < $2::bigint ' +
      'ORDER BY latest_recorded_at DESC, position DESC LIMIT 1',
    firstSince:
      `SELECT feed.position FROM ${schema}.feed CROSS JOIN LATERAL (SELECT recorded_at ` +
      `FROM ${schema}.events WHERE events.order_row = feed.order_row ` +
      'AND events.version = feed.version LIMIT 1) AS event ' +
      'WHERE feed.partition = $1::smallint AND feed.position > $2::bigint ' +
      'AND event.recorded_at >= $3::bigint ORDER BY feed.position LIMIT 1',
  } as const;
}

/**
 * Reads the feed, and gives positions to what is pending first: events that were committed in
 * transactions of the host's, or while another batch held the head of their partition. Whoever
 * reads does it, so there is no leader that could be away.
 */
export class FeedReader {
  readonly #connections: Connections;
  readonly #statuses: Statuses;
  readonly #queries: ReturnType<typeof feedQueries>;
  readonly #pages: Gatherer<Page, FeedEntry[]>;

  constructor(connections: Connections, statuses: Statuses, schema: string) {
    this.#connections = connections;
    this.#statuses = statuses;
    this.#queries = feedQueries(schema);
    this.#pages = new Gatherer((pages) => this.#readPages(pages));
  }

  async read(partition: number, after: number, limit: number): Promise<FeedEntry[]> {
    return isPartition(partition) ? this.#pages.ask({ partition, after, limit }) : [];
  }

  async end(partition: number): Promise<number> {
    if (!isPartition(partition)) return 0;
    await this.sequence([partition]);
    const [row] = await this.#query<PositionRow>('end', [`${partition}`]);
    return Number(row?.position ?? 0);
  }

  async positionAt(partition: number, time: Timestamp): Promise<number> {
    if (!isPartition(partition)) return 0;
    // Taken before the events are looked at: what comes later is later than all that is there.
    await this.sequence([partition]);
    const [head] = await this.#query<PositionRow>('head', [`${partition}`]);
    const [mark] = await this.#query<PositionRow>('markBefore', [`${partition}`, `${time}`]);
    const from = `${mark?.position ?? 0}`;
    const [first] = await this.#query<PositionRow>('firstSince', [`${partition}`, from, `${time}`]);
    // What is still pending is not looked at, so it must not be passed over either.
    return first === undefined ? Number(head?.position ?? 0) : Number(first.position) - 1;
  }

  /** Gives positions to what is pending in these partitions, unless others are at it. */
  async sequence(partitions: readonly number[]): Promise<void> {
    const values = [numbers(partitions)];
    // Asked first, because it is a look at an index that is nearly always empty.
    const pending = await this.#query('isPending', values);
    if (pending.length > 0) await this.#query('sequence', values);
  }

  async #readPages(pages: readonly Page[]): Promise<FeedEntry[][]> {
    await this.sequence([...new Set(pages.map(({ partition }) => partition))]);
    const rows = await this.#query<FeedRow>('pages', [
      numbers(pages.map(({ partition }) => partition)),
      numbers(pages.map(({ after }) => after)),
      numbers(pages.map(({ limit }) => limit)),
    ]);
    await this.#statuses.load(rows.map((row) => row.status_id));
    const entries = pages.map((): FeedEntry[] => []);
    for (const row of rows) entries[Number(row.page) - 1]?.push(this.#entry(row));
    return entries;
  }

  #entry(row: FeedRow): FeedEntry {
    const { partition, position } = row;
    const key = { tenantId: row.tenant_id, orderId: row.order_id };
    const event = decodeEvent(row, key, this.#statuses);
    return { partition, position: Number(position), event };
  }

  #query<Row>(name: keyof ReturnType<typeof feedQueries>, values: string[]) {
    const text = this.#queries[name];
    return this.#connections.read<Row>({ name: `feed.${name}`, text, values });
  }
}

function isPartition(partition: number): boolean {
  return Number.isInteger(partition) && partition >= 0 && partition < partitionCount;
}
