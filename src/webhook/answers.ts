import { OrderchartError } from '../errors.ts';
import type { PublishResult } from '../transport/transport.ts';

/**
 * Statuses with which a receiver rejects this message permanently: malformed, too large, of a type
 * that it does not accept, or the endpoint is gone (410). All others except 2xx are retried.
 */
export const defaultRefusedStatuses: readonly number[] = [400, 410, 413, 414, 415, 422, 431];

/** The answer of a receiver, without the body, which is not used. */
export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly location: string | undefined;
}

/** Returns the result for a message. */
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

/**
 * Temporary failures are `transportUnavailable`. Those that an operator must fix are
 * `transportRefused`.
 */
function answerError(status: number, endpoint: string): OrderchartError {
  const mayPass = status >= 500 || [408, 409, 421, 425, 429].includes(status);
  return new OrderchartError(
    mayPass ? 'transportUnavailable' : 'transportRefused',
    `The webhook's receiver ${endpoint} answered ${status}.${adviceOn(status)}`,
    { details: { endpoint, status } },
  );
}

function adviceOn(status: number): string {
  if (status === 401 || status === 403) return ' Check that the receiver has one of the secrets.';
  if (status === 404 || status === 405) return ' Check the URL.';
  if (status >= 300 && status < 400)
    return ' Set the URL that it redirects to, or allow redirects (maximumRedirects).';
  return '';
}

/**
 * Returns how long the receiver asks to wait, in milliseconds, or `undefined`. The header contains
 * seconds or a date (RFC 9110, section 10.2.3). Only statuses about the whole receiver count.
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
