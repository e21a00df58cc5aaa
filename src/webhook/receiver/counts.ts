import type { WebhookMemoryStats } from '../memory.ts';
import { type WebhookRefusalReason, webhookRefusals } from './refusal.ts';

/** Counters of the requests since the start, and the current load. */
export interface WebhookReceiverStats {
  /** All requests. */
  readonly requests: number;
  /** Messages delivered to the consumer. */
  readonly delivered: number;
  /** Messages that the consumer acked. */
  readonly acked: number;
  /** Messages that the consumer nacked. */
  readonly nacked: number;
  /** Requests answered without a delivery, because the message was handled before. */
  readonly repeated: number;
  /** Requests answered with an error, because the consumer did not finish in time. */
  readonly timedOut: number;
  /** Refused requests, by reason. */
  readonly refused: Readonly<Record<WebhookRefusalReason, number>>;
  /** Requests whose bodies are being read now. */
  readonly reading: number;
  /** The bytes of these requests. */
  readonly readingBytes: number;
  /** Messages in flight now. */
  readonly inFlight: number;
  /** The bytes of these messages. */
  readonly inFlightBytes: number;
  /** The usage of the memory. `undefined` if a memory of the host does not report it. */
  readonly memory: WebhookMemoryStats | undefined;
}

/** The counters. The other values are measured on demand. */
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
