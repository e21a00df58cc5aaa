import { longestTimerMs } from '../../options.ts';
import { type Refused, type WebhookRefusalReason, webhookRefusals } from './refusal.ts';

/** The answer to a sender. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** For people who read the sender's log. */
  readonly text: string;
}

export const accepted: Answer = { status: 204, headers: {}, text: '' };

/** Asks the sender to retry: the consumer nacked the message, or did not finish in time. */
export function again(text: string, delayMs?: number): Answer {
  const wait = delayMs === undefined ? {} : { 'retry-after': secondsOf(delayMs) };
  return { status: 500, headers: wait, text };
}

/** Whole seconds in digits, as HTTP wants them, whatever number a consumer passes. */
function secondsOf(delayMs: number): string {
  return delayMs > 0 ? String(Math.ceil(Math.min(delayMs, longestTimerMs) / 1000)) : '0';
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
    // Otherwise the rest of the body would be parsed as the next request.
    bodyTooSlow: { connection: 'close' },
    bodyIncomplete: { connection: 'close' },
    crowdedOut: { connection: 'close' },
  };
