import type { z } from 'zod';
import type { changeSchema } from './events/amendment.ts';
import type { Immutable, LineUnits, Timestamp } from './values.ts';

// What is changed after the order was placed.

/** What a proposal would add, cancel and credit. */
export type AmendmentChange = Immutable<z.infer<typeof changeSchema>>;

/** A change of the order after it was placed: applied, or proposed and waiting for an answer. */
export interface Amendment {
  /** The host's id, used once. */
  readonly id: string;
  /** Why, for programs. */
  readonly reason: string | null;
  /** `applied` for good, or what became of the proposal so far. */
  readonly state: 'proposed' | 'applied' | 'declined' | 'lapsed';
  /** When it was proposed; absent where it was applied at once. */
  readonly proposedAt?: Timestamp;
  /** What it would change; absent once it is decided. */
  readonly change?: AmendmentChange;
}

/** Units that come back for others that go out. */
export interface Exchange {
  /** The host's id, used once. */
  readonly id: string;
  /** The return by which the units come back. */
  readonly returnId: string;
  /** Whether the other units may leave before these are back. */
  readonly ship: 'onReceipt' | 'inAdvance';
  /** When it was requested. */
  readonly requestedAt: Timestamp;
  /** Units that came back and were credited for it. */
  readonly credited: readonly LineUnits[];
}
