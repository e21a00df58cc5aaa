import type { Timestamp } from '../../order/values.ts';
import type { FeedEntry, KnownHistory } from '../store.ts';
import { boundedPage } from './bounded-page.ts';
import { decodeEvent, type EventRow, eventColumns } from './codec.ts';
import type { Database, Statement } from './database.ts';
import { historyChanged } from './failure.ts';
import type { Statuses } from './statuses.ts';

interface FeedEventRow extends EventRow {
  readonly position: number;
  readonly tenant_id: string;
  readonly order_id: string;
}

/** What a reader has read at a position; it may not know the event any more. */
export interface FeedMark {
  readonly position: number;
  readonly eventId: string | undefined;
}

interface PositionRow {
  readonly position: number;
}

interface EndRow extends PositionRow {
  readonly history: number;
}

/** The SQL of this file, by purpose; the tests ask SQLite how it runs each. */
export const feedQueries = {
  read:
    `SELECT position, tenant_id, order_id, ${eventColumns} ` +
    'FROM events CROSS JOIN orders ON orders.order_row = events.order_row ' +
    'WHERE position > ? ORDER BY position LIMIT ?',
  end: 'SELECT position, history FROM feeds WHERE partition = 0',
  at: 'SELECT id FROM events WHERE position = ?',
  raise:
    'UPDATE feeds SET history = max(history + 1, ?, ' +
    "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)) WHERE history < ?",
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
  readonly #end: Statement<EndRow>;
  readonly #at: Statement<{ readonly id: string }>;
  readonly #raise: Statement<unknown>;
  readonly #markBefore: Statement<PositionRow>;
  readonly #firstSince: Statement<PositionRow>;

  constructor(database: Database, statuses: Statuses) {
    this.#database = database;
    this.#statuses = statuses;
    this.#read = database.prepare(feedQueries.read);
    this.#end = database.prepare(feedQueries.end);
    this.#at = database.prepare(feedQueries.at);
    this.#raise = database.prepare(feedQueries.raise);
    this.#markBefore = database.prepare(feedQueries.markBefore);
    this.#firstSince = database.prepare(feedQueries.firstSince);
  }

  /** What the reader knows is checked on the same state of the file that its page comes from. */
  read(partition: number, after: number, limit: number, bytes?: number, known?: KnownHistory) {
    if (partition !== 0) return [];
    if (known === undefined) return this.#page(partition, after, limit, bytes);
    return this.#database.read(() => {
      this.check(partition, known.history, { position: after, eventId: known.eventId });
      return this.#page(partition, after, limit, bytes);
    });
  }

  get history(): number {
    return this.#end.get()?.history ?? 0;
  }

  raiseHistory(above: number): number {
    return this.#database.write(() => {
      this.#raise.run(above + 1, above + 1);
      return this.history;
    });
  }

  /** Throws `historyChanged` when it is another history, or this was not seen in it. */
  check(partition: number, history: number, seen: FeedMark | undefined): void {
    const end = this.#end.get();
    if (end?.history !== history) throw historyChanged(this.#database.path);
    if (seen === undefined || partition !== 0) return;
    const found = this.#at.get(seen.position)?.id ?? seen.eventId;
    const isSame = seen.eventId === undefined || found === seen.eventId;
    if (!isSame || seen.position > end.position) throw historyChanged(this.#database.path);
  }

  #page(partition: number, after: number, limit: number, bytes?: number): FeedEntry[] {
    return boundedPage(this.#read.iterate(after, limit), bytes, (row) => {
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
