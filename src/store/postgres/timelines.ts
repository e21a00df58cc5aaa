import { OrderchartError } from '../../errors.ts';

/** Which history of which cluster a connection leads to. A promotion begins a new timeline. */
export interface Timeline {
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
  readonly #onTimeline: (seen: Timeline) => void;
  #latest: Timeline | undefined;

  constructor(onTimeline: (seen: Timeline) => void) {
    this.#onTimeline = onTimeline;
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
    this.#onTimeline(seen);
  }
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
