import type { WebhookMemoryStats } from '../memory.ts';
import { type WebhookRefusalReason, webhookRefusals } from './refusal.ts';

/** What became of the requests since the start. */
export interface WebhookReceiverStats {
  /** All that came. */
  readonly requests: number;
  /** Given to the consumer. */
  readonly delivered: number;
  readonly acked: number;
  readonly nacked: number;
  /** Answered without a delivery, because they were done with before. */
  readonly repeated: number;
  /** Answered "again", because the consumer had not come to an end in time. */
  readonly timedOut: number;
  /** Not taken, by reason. */
  readonly refused: Readonly<Record<WebhookRefusalReason, number>>;
  /** Requests whose bodies are being read now, and what they hold. */
  readonly reading: number;
  readonly readingBytes: number;
  /** Messages that are in hand now, and what they hold. */
  readonly inFlight: number;
  readonly inFlightBytes: number;
  /** How full the memory is; `undefined` for one of the host's that does not tell. */
  readonly memory: WebhookMemoryStats | undefined;
}

/** What goes up alone; the rest is measured when it is asked for. */
type Counted = Omit<
  WebhookReceiverStats,
  'reading' | 'readingBytes' | 'inFlight' | 'inFlightBytes' | 'memory'
>;

type Counters = { -readonly [Name in keyof Counted]: Counted[Name] } & {
  refused: Record<WebhookRefusalReason, number>;
};

export function newCounts(): Counters {
  const reasons = Object.keys(webhookRefusals) as WebhookRefusalReason[];
  return {
    requests: 0,
    delivered: 0,
    acked: 0,
    nacked: 0,
    repeated: 0,
    timedOut: 0,
    refused: Object.fromEntries(reasons.map((reason) => [reason, 0])) as Counters['refused'],
  };
}
