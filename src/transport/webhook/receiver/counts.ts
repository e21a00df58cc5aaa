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
}

type Counters = { -readonly [Name in keyof WebhookReceiverStats]: WebhookReceiverStats[Name] } & {
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
