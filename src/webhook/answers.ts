import { OrderchartError } from '../errors.ts';
import type { PublishResult } from '../transport/transport.ts';

/**
 * Answers by which a receiver says that this message will never do, and not that it has troubles
 * of its own: the message is malformed, too large, of a kind it does not take; or nobody wants
 * webhooks there any more (410). Everything else that is no 2xx is tried again.
 */
export const defaultRefusedStatuses: readonly number[] = [400, 410, 413, 414, 415, 422, 431];

/** What a receiver answered, without the body: nobody reads it. */
export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly location: string | undefined;
}

/** What an answer means for the message. */
export function resultOf(
  { status }: HttpAnswer,
  endpoint: string,
  refusedStatuses: ReadonlySet<number>,
): PublishResult {
  if (status >= 200 && status < 300) return { status: 'published' };
  if (refusedStatuses.has(status)) {
    return { status: 'refused', reason: `The webhook's receiver ${endpoint} answered ${status}.` };
  }
  return { status: 'failed', error: answerError(status, endpoint) };
}

/** Passing troubles are `transportUnavailable`; what somebody has to mend is `transportRefused`. */
function answerError(status: number, endpoint: string): OrderchartError {
  const mayPass = status >= 500 || [408, 409, 421, 425, 429].includes(status);
  return new OrderchartError(
    mayPass ? 'transportUnavailable' : 'transportRefused',
    `The webhook's receiver ${endpoint} answered ${status}.${adviceOn(status)}`,
    { details: { endpoint, status } },
  );
}

function adviceOn(status: number): string {
  if (status === 401 || status === 403) return ' Check that it has one of our secrets.';
  if (status === 404 || status === 405) return ' Check the URL.';
  if (status >= 300 && status < 400) return ' Give the URL that it redirects to, or allow it.';
  return '';
}

/**
 * How long the receiver asks us to wait, in milliseconds; `undefined` when it does not. Seconds or
 * a date (RFC 9110, section 10.2.3). Only the answers that speak of the receiver as a whole count.
 */
export function waitMsOf(
  { status, retryAfter }: HttpAnswer,
  now: number,
  maximumMs: number,
): number | undefined {
  if (retryAfter === undefined || (status !== 429 && status !== 503)) return undefined;
  const waitMs = /^\d{1,9}$/.test(retryAfter)
    ? Number(retryAfter) * 1000
    : Date.parse(retryAfter) - now;
  return waitMs > 0 ? Math.min(waitMs, maximumMs) : undefined;
}
