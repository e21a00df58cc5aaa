import type { TraceContext } from './order/envelope.ts';

// W3C Trace Context (https://www.w3.org/TR/trace-context/).

/** Version, trace id, parent id and flags (section 3.2.2); neither id may be all zeros. */
const traceparentForm =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** One list member (section 3.3.1.3): a key and an opaque value without `,` and `=`. */
const memberForm =
  /^[a-z0-9][a-z0-9_*/@-]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const maximumMembers = 32;
/** What every participant must be able to pass on (section 3.3.1.5); a longer one is dropped. */
const maximumTracestateLength = 512;

export function isTraceparent(text: string): boolean {
  return traceparentForm.test(text);
}

export function isTracestate(text: string): boolean {
  if (text === '' || text.length > maximumTracestateLength) return false;
  const members = text.split(',').map((member) => member.replace(/^[\t ]+|[\t ]+$/g, ''));
  return members.length <= maximumMembers && members.every((member) => memberForm.test(member));
}

/**
 * Parses a trace that was passed along. An invalid `traceparent` counts as none, and an invalid
 * `tracestate` is dropped (sections 3.2 and 3.3): tracing must not break what it traces.
 */
export function traceOf(
  traceparent: string | undefined,
  tracestate: string | undefined,
): TraceContext | null {
  if (traceparent === undefined || !isTraceparent(traceparent)) return null;
  const isFine = tracestate !== undefined && isTracestate(tracestate);
  return { traceparent, tracestate: isFine ? tracestate : null };
}
