import type { Timestamp } from '../../order/values.ts';
import type { FeedEntry } from '../store.ts';
import { decodeEvent, type EventRow, eventColumns } from './codec.ts';
import type { Database, Statement } from './database.ts';
import type { Statuses } from './statuses.ts';

interface FeedEventRow extends EventRow {
  readonly position: number;
  readonly tenant_id: string;
  readonly order_id: string;
}

interface PositionRow {
  readonly position: number;
}

/** The SQL of this file, by purpose; the tests ask SQLite how it runs each. */
export const feedQueries = {
  read:
    `SELECT position, tenant_id, order_id, ${eventColumns} ` +
    'FROM events CROSS JOIN orders ON orders.order_row = events.order_row ' +
    'WHERE position > ? ORDER BY position LIMIT ?',
  end: 'SELECT position FROM feeds WHERE partition = 0',
  markBefore:
    'SELECT position FROM feed_marks WHERE latest_recorded_at < ? ' +
    'ORDER BY latest_recorded_at DESC, position DESC LIMIT 1',
  firstSince:
    'SELECT position FROM events WHERE position > ? AND recorded_at >= ? ' +
    'ORDER BY position LIMIT 1',
} as const;

/** Reads the one partition of the feed. */
export class FeedReader {
  readonly #database: Database;
  readonly #statuses: Statuses;
  readonly #read: Statement<FeedEventRow>;
  readonly #end: Statement<PositionRow>;
  readonly #markBefore: Statement<PositionRow>;
  readonly #firstSince: Statement<PositionRow>;

  constructor(database: Database, statuses: Statuses) {
    this.#database = database;
    this.#statuses = statuses;
    this.#read = database.prepare(feedQueries.read);
    this.#end = database.prepare(feedQueries.end);
    this.#markBefore = database.prepare(feedQueries.markBefore);
    this.#firstSince = database.prepare(feedQueries.firstSince);
  }

  read(partition: number, after: number, limit: number): FeedEntry[] {
    if (partition !== 0) return [];
    return this.#read.all(after, limit).map((row) => {
      const key = { tenantId: row.tenant_id, orderId: row.order_id };
      return { partition, position: row.position, event: decodeEvent(row, key, this.#statuses) };
    });
  }

  end(partition: number): number {
    return partition === 0 ? (this.#end.get()?.position ?? 0) : 0;
  }

  positionAt(partition: number, time: Timestamp): number {
    if (partition !== 0) return 0;
    return this.#database.read(() => {
      const mark = this.#markBefore.get(time)?.position ?? 0;
      const first = this.#firstSince.get(mark, time)?.position;
      return first === undefined ? this.end(partition) : first - 1;
    });
  }
}
