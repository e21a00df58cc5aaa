import { OrderchartError } from '../../errors.ts';

/** Is told that the history behind the connections is another one than before. */
export type HistoryListener = (error: OrderchartError) => void;

/** Which history of which cluster a connection leads to. A promotion begins a new timeline. */
interface Timeline {
  readonly timeline: number;
  /** Made with the cluster, and the same on its standbys. */
  readonly systemIdentifier: string;
}

/** Tells when the history behind the connections changes, as far as the server lets itself be asked. */
export class Timelines {
  static readonly query =
    'SELECT pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) AS timeline, ' +
    'system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system()';
  /** Set to false when the server does not answer this: then nothing is known of timelines. */
  canTell = true;
  readonly #listeners = new Set<HistoryListener>();
  #latest: Timeline | undefined;

  /** Gives the function that ends it. */
  watch(onChanged: HistoryListener): () => void {
    // Somebody may watch twice with one function.
    const listener: HistoryListener = (error) => onChanged(error);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes what the query gave; throws for a primary that another one has replaced. */
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
    `The database is on timeline ${seen.timeline}, and was on ${latest.timeline}: another server was ` +
      'promoted, or data were put back.',
    { details: { timeline: seen.timeline, latestTimeline: latest.timeline } },
  );
}

function replaced(seen: Timeline, latest: Timeline): OrderchartError {
  return new OrderchartError(
    'storeUnavailable',
    `The database is a primary that was replaced: it is on timeline ${seen.timeline}, and another ` +
      `one of the same cluster was met on ${latest.timeline}. Stop it, or make it a standby. If it is ` +
      'meant to go on instead, start this process anew.',
    { details: { timeline: seen.timeline, latestTimeline: latest.timeline } },
  );
}
