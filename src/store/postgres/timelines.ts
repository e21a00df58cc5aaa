import { OrderchartError } from '../../errors.ts';

/** Called with `historyChanged` when the connections lead to another history. */
export type HistoryListener = (error: OrderchartError) => void;

/** The timeline that a connection leads to. A promotion begins a new one. */
interface Timeline {
  readonly timeline: number;
  /** Identifies the cluster; the same on its standbys. */
  readonly systemIdentifier: string;
}

/** Notices when the connections lead to another timeline or cluster. */
export class Timelines {
  static readonly query =
    'SELECT pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) AS timeline, ' +
    'system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system()';
  /** Set to false when the server refuses the query. */
  canTell = true;
  readonly #listeners = new Set<HistoryListener>();
  #latest: Timeline | undefined;

  /** Returns a function that ends it. */
  watch(onChanged: HistoryListener): () => void {
    // A new function each time, because a caller may watch twice with the same one.
    const listener: HistoryListener = (error) => onChanged(error);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes a row of the query; throws for a primary that was replaced. */
  see(row: unknown): void {
    const { timeline: digits, system_identifier: systemIdentifier } = row as {
      readonly timeline: string;
      readonly system_identifier: string;
    };
    const seen: Timeline = { timeline: Number.parseInt(digits, 16), systemIdentifier };
    const latest = this.#latest;
    const isSameCluster = latest?.systemIdentifier === systemIdentifier;
    if (isSameCluster && seen.timeline < latest.timeline) throw replaced(seen, latest);
    if (isSameCluster && seen.timeline === latest.timeline) return;
    this.#latest = seen;
    if (latest === undefined) return;
    for (const listener of this.#listeners) listener(changed(seen, latest));
  }
}

function changed(seen: Timeline, latest: Timeline): OrderchartError {
  return new OrderchartError(
    'historyChanged',
    `The database is on timeline ${seen.timeline}, and was on ${latest.timeline} before: another server ` +
      'was promoted, or a backup was restored.',
    { details: { timeline: seen.timeline, latestTimeline: latest.timeline } },
  );
}

function replaced(seen: Timeline, latest: Timeline): OrderchartError {
  return new OrderchartError(
    'storeUnavailable',
    `The database is a primary that was replaced: it is on timeline ${seen.timeline}, but its cluster ` +
      `was seen on timeline ${latest.timeline}. Stop it, or make it a standby. If it is meant to be the ` +
      'primary, restart this process.',
    { details: { timeline: seen.timeline, latestTimeline: latest.timeline } },
  );
}
