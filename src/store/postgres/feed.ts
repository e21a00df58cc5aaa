import { setTimeout as delay } from 'node:timers/promises';
import { OrderchartError } from '../../errors.ts';
import type { Timestamp } from '../../order/values.ts';
import {
  decodeEvent,
  decodeKey,
  type EventRow,
  eventColumns,
  type Integer,
  type KeyRow,
} from '../sql/codec.ts';
import type { FeedEntry, KnownHistory, OrderStore } from '../store.ts';
import type { Ask } from './ask.ts';
import { boundedPage, unboundedBytes } from './bounded-page.ts';
import { equals, isAbove, isAtLeast, isAtMost, isBelow, rowsFrom } from './builtins.ts';
import { asBigints, numbers } from './columns.ts';
import type { Connections } from './connections.ts';
import { historyChanged } from './failure.ts';
import { Gatherer } from './gather.ts';
import { Statements } from './statements.ts';
import type { Statuses } from './statuses.ts';

/** An order's partition is the lowest four bits of its row number. */
export const partitionCount = 16;

/** How long to wait for the head of a partition, which a batch holds for milliseconds. */
const headWaitMs = 5_000;

interface Page {
  readonly partition: number;
  readonly after: number;
  readonly limit: number;
  readonly bytes: number;
  readonly known: KnownHistory | undefined;
}

interface FeedRow extends EventRow, KeyRow {
  readonly partition: number;
  /** `null`, like all columns of the event, when the page is empty. */
  readonly position: Integer | null;
  readonly page: Integer;
  readonly history: Integer;
  readonly head_position: Integer;
  /** The id of the event at the position after which the page begins; `null` for none. */
  readonly seen_id: string | null;
}

interface PendingRow {
  /** Their numbers, joined by commas. */
  readonly partitions: string;
}

interface EndRow {
  readonly position: Integer;
  readonly waiting: Integer | null;
}

interface PositionRow {
  readonly position: Integer | null;
}

const isEventOfFeed =
  `events.order_row ${equals} feed.order_row ` + `AND events.version ${equals} feed.version`;

/** The SQL of this file; the tests check the plan of each query. */
export function feedQueries(schema: string) {
  const entries = `${schema}.feed CROSS JOIN LATERAL (SELECT tenant_id, order_id FROM ${schema}.orders `;
  const page =
    `SELECT feed.partition, feed.position, tenant_id, order_id, ${eventColumns} FROM ${entries}` +
    `WHERE orders.order_row ${equals} feed.order_row) AS ordered CROSS JOIN LATERAL ` +
    `(SELECT * FROM ${schema}.events WHERE ${isEventOfFeed} LIMIT 1) AS events ` +
    `WHERE feed.partition ${equals} wanted.partition::smallint ` +
    `AND feed.position ${isAbove} wanted.after ` +
    'ORDER BY feed.position LIMIT wanted.count';
  return {
    isPending:
      `SELECT ${schema}.current_history() AS history, pg_catalog.array_to_string(ARRAY(` +
      `SELECT DISTINCT wanted.partition FROM ${rowsFrom(asBigints('$1'))} AS wanted(partition) ` +
      `WHERE EXISTS (SELECT FROM ${schema}.pending ` +
      `WHERE pending.partition ${equals} wanted.partition)), ','::pg_catalog.text) AS partitions`,
    raise: `SELECT ${schema}.raise_history($1::bigint) AS history`,
    sequence: `SELECT ${schema}.sequence_pending(${asBigints('$1')}::smallint[])`,
    // The conditions of each page are found before its rows, or they would be found for each row.
    pages:
      `SELECT wanted.page, (SELECT counter FROM ${schema}.history) AS history, ` +
      'wanted.head_position, wanted.seen_id, bounded.* FROM ' +
      '(SELECT wanted.*, head.position AS head_position, ' +
      `(SELECT id FROM ${schema}.feed, ${schema}.events WHERE ${isEventOfFeed} ` +
      `AND feed.partition ${equals} wanted.partition::smallint ` +
      `AND feed.position ${equals} wanted.after) AS seen_id FROM ` +
      `${rowsFrom(asBigints('$1'), asBigints('$2'), asBigints('$3'), asBigints('$4'))} ` +
      'WITH ORDINALITY AS wanted(partition, after, count, bytes, page) ' +
      `JOIN ${schema}.feed_heads AS head ON head.partition ${equals} wanted.partition::smallint ` +
      'OFFSET 0) AS wanted ' +
      `LEFT JOIN LATERAL (${boundedPage(page, 'position', 'wanted.bytes')}) AS bounded ON true ` +
      'ORDER BY wanted.page, bounded.position',
    // Both from one snapshot; `waiting` is the last pending event of the partition, up to a number.
    end:
      `SELECT position, (SELECT pg_catalog.max(seq) FROM ${schema}.pending ` +
      `WHERE pending.partition ${equals} $1::smallint AND seq ${isAtMost} $2::bigint) AS waiting ` +
      `FROM ${schema}.feed_heads WHERE feed_heads.partition ${equals} $1::smallint`,
    head: `SELECT position FROM ${schema}.feed_heads WHERE partition ${equals} $1::smallint`,
    markBefore:
      `SELECT position FROM ${schema}.feed_marks WHERE partition ${equals} $1::smallint ` +
      `AND latest_recorded_at ${isBelow} $2::bigint ` +
      'ORDER BY latest_recorded_at DESC, position DESC LIMIT 1',
    firstSince:
      `SELECT feed.position FROM ${schema}.feed CROSS JOIN LATERAL (SELECT recorded_at ` +
      `FROM ${schema}.events WHERE ${isEventOfFeed} LIMIT 1) AS event ` +
      `WHERE feed.partition ${equals} $1::smallint AND feed.position ${isAbove} $2::bigint ` +
      `AND event.recorded_at ${isAtLeast} $3::bigint ORDER BY feed.position LIMIT 1`,
  } as const;
}

/**
 * Reads the feed, and first assigns positions to pending events: those committed in host transactions,
 * or while another batch had locked the head of their partition. Every reader does this, so it does not
 * depend on a leader.
 */
export class FeedReader {
  readonly #connections: Connections;
  readonly #statuses: Statuses;
  readonly #sql: Statements<keyof ReturnType<typeof feedQueries>>;
  readonly #pages: Gatherer<Page, FeedRow[]>;

  constructor(connections: Connections, statuses: Statuses, schema: string) {
    this.#connections = connections;
    this.#statuses = statuses;
    this.#sql = new Statements(connections, 'feed', feedQueries(schema));
    this.#pages = new Gatherer((pages) => this.#readPages(pages));
  }

  async read(
    ...[partition, after, limit, bytes = unboundedBytes, known]: Parameters<OrderStore['feed']>
  ): Promise<FeedEntry[]> {
    if (!isPartition(partition)) return [];
    const rows = await this.#pages.ask({ partition, after, limit, bytes, known });
    const isKnown = known === undefined || (await this.#isKnown(rows[0], partition, after, known));
    if (!isKnown) throw historyChanged();
    return rows.filter(({ position }) => position !== null).map((row) => this.#entry(row));
  }

  /** Whether the reader's place exists in this history. Every page has at least one row. */
  async #isKnown(
    row: FeedRow | undefined,
    partition: number,
    after: number,
    { history, eventId }: KnownHistory,
  ): Promise<boolean> {
    if (row === undefined || Number(row.history) !== history) return false;
    if (row.seen_id !== null && eventId !== undefined) return row.seen_id === eventId;
    if (after <= Number(row.head_position)) return true;
    // A reader that begins at the end of the feed may begin behind events without a position.
    return eventId === undefined && after <= (await this.end(partition));
  }

  async end(partition: number): Promise<number> {
    if (!isPartition(partition)) return 0;
    // Pending events are committed, but their positions are unknown while another transaction holds
    // the head, because its events go first. So this waits for them, but not for later ones.
    let until = '9223372036854775807';
    let waitedMs = 0;
    for (let pauseMs = 0; waitedMs <= headWaitMs; pauseMs = Math.min(2 * pauseMs + 1, 100)) {
      if (pauseMs > 0) await delay(pauseMs);
      waitedMs += pauseMs;
      const [row] = await this.#sql.read<EndRow>('end', [`${partition}`, until]);
      const waiting = row?.waiting ?? null;
      if (waiting === null) return Number(row?.position ?? 0);
      until = `${waiting}`;
      await this.sequence([partition]);
    }
    throw headIsHeld(partition);
  }

  async raiseHistory(above: number): Promise<number> {
    const [row] = await this.#sql.read<{ readonly history: Integer }>('raise', [`${above}`]);
    return Number(row?.history);
  }

  async positionAt(partition: number, time: Timestamp): Promise<number> {
    if (!isPartition(partition)) return 0;
    // Read before the events, so that events committed in between come after it.
    await this.sequence([partition]);
    const [head] = await this.#sql.read<PositionRow>('head', [`${partition}`]);
    const [mark] = await this.#sql.read<PositionRow>('markBefore', [`${partition}`, `${time}`]);
    const from = `${mark?.position ?? 0}`;
    const [first] = await this.#sql.read<PositionRow>('firstSince', [
      `${partition}`,
      from,
      `${time}`,
    ]);
    // Pending events were not looked at, so the result must not pass over them either.
    return first === undefined ? Number(head?.position ?? 0) : Number(first.position) - 1;
  }

  /** Assigns positions to the pending events of these partitions, unless another process does. */
  async sequence(partitions: readonly number[]): Promise<void> {
    const values = [numbers(partitions)];
    // Asked first, because it reads an index that is nearly always empty.
    const [pending] = await this.#sql.read<PendingRow>('isPending', values);
    if (pending?.partitions !== '') await this.#sql.update('sequence', values);
  }

  async #readPages(pages: readonly Page[]): Promise<FeedRow[][]> {
    await this.sequence([...new Set(pages.map(({ partition }) => partition))]);
    const rows = await this.#sql.read<FeedRow>('pages', [
      numbers(pages.map(({ partition }) => partition)),
      numbers(pages.map(({ after }) => after)),
      numbers(pages.map(({ limit }) => limit)),
      numbers(pages.map(({ bytes }) => bytes)),
    ]);
    const ask: Ask = (query) => this.#connections.read(query);
    await this.#statuses.load(
      rows.flatMap((row) => row.status_id ?? []),
      ask,
    );
    const found = pages.map((): FeedRow[] => []);
    for (const row of rows) found[Number(row.page) - 1]?.push(row);
    return found;
  }

  #entry(row: FeedRow): FeedEntry {
    const event = decodeEvent(row, decodeKey(row), this.#statuses);
    return { partition: row.partition, position: Number(row.position), event };
  }
}

function headIsHeld(partition: number): OrderchartError {
  return new OrderchartError(
    'storeUnavailable',
    `A transaction has held the head of partition ${partition} of the feed for too long, so the end ` +
      'of the feed cannot be read. Try again when that transaction has ended.',
    { details: { partition } },
  );
}

function isPartition(partition: number): boolean {
  return Number.isInteger(partition) && partition >= 0 && partition < partitionCount;
}
