import { type Refused, type WebhookRefusalReason, webhookRefusals } from './refusal.ts';

/** What a sender is answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** For people who look at the sender's log. */
  readonly text: string;
}

export const accepted: Answer = { status: 204, headers: {}, text: '' };

/** "Not yet": the consumer gave the message back, or did not come to an end in time. */
export function again(text: string, delayMs?: number): Answer {
  const wait = delayMs === undefined ? {} : { 'retry-after': String(Math.ceil(delayMs / 1000)) };
  return { status: 500, headers: wait, text };
}

export function refusal({ reason, retryAfterSeconds }: Refused): Answer {
  return {
    status: webhookRefusals[reason],
    headers: {
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
      ...headersBy[reason],
    },
    text: reason,
  };
}

const headersBy: { readonly [Reason in WebhookRefusalReason]?: Readonly<Record<string, string>> } =
  {
    methodNotAllowed: { allow: 'POST' },
    // What is left of the body would be taken for the next request.
    bodyTooSlow: { connection: 'close' },
    bodyIncomplete: { connection: 'close' },
    crowdedOut: { connection: 'close' },
  };
