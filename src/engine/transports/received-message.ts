import { hash } from 'node:crypto';
import type { TraceContext } from '../../order/envelope.ts';
import { traceOf } from '../../trace-context.ts';
import { decodeHeaderText } from '../../transport/cloud-event/header-text.ts';
import type { TransportMessage } from '../../transport/transport.ts';

const plainId = /^[\x21-\x7e]{1,128}$/;

/**
 * The name of a message in keys and in what its commands caused; `undefined` when it has no id.
 * An id that is too long for these is hashed: its name stays the same every time.
 */
export function nameOf({ id }: TransportMessage): string | undefined {
  if (id === '') return undefined;
  return plainId.test(id) ? id : hashed(id);
}

/** A short name for a text, the same every time. */
function hashed(text: string): string {
  return `sha256-${hash('sha256', text, 'hex')}`;
}

/** The trace that the sender passed along, by itself or within the event. */
export function messageTrace({ headers }: TransportMessage): TraceContext | null {
  return (
    traceOf(headers['traceparent'], headers['tracestate']) ??
    traceOf(decoded(headers['ce-traceparent']), decoded(headers['ce-tracestate']))
  );
}

function decoded(value: string | undefined): string | undefined {
  return value === undefined ? undefined : decodeHeaderText(value);
}
