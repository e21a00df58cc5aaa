import type { PublishingOptions } from './publishing.ts';

export type StoreAddress =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly schema: string };

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
}
