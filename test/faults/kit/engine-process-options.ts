import type { PublishingOptions } from './publishing.ts';

export type StoreAddress = { readonly kind: 'sqlite'; readonly path: string } | PostgresAddress;

export interface PostgresAddress {
  readonly kind: 'postgres';
  readonly url: string;
  readonly schema: string;
  /** False behind a pooler in transaction mode. */
  readonly preparedStatements?: boolean;
  /** All servers of the cluster: the primary is looked for among them, and not at the URL. */
  readonly hosts?: readonly string[];
  /** How far the clocks of servers are from the machine's, by their ports. */
  readonly clocks?: Readonly<Record<number, number>>;
}

/** What one engine process does. */
export interface EngineProcessOptions {
  readonly store: StoreAddress;
  /** Names the process in keys, ids and deliveries. */
  readonly name: string;
  readonly seed: number;
  /** 0: it sends no commands of its own. */
  readonly clients: number;
  readonly sharedOrders: number;
  /** Handles all events, and writes each into a file. */
  readonly subscription?: undefined | { readonly name: string; readonly deliveries: string };
  readonly publish?: PublishingOptions | undefined;
  readonly leaseDurationMs: number;
  /** How far its clock is from the machine's. */
  readonly clockOffsetMs?: number;
  readonly timers?: boolean;
  /** For a control: nothing that tells of another history is looked at. */
  readonly isBlind?: boolean;
}
