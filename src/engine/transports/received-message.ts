import { hash } from 'node:crypto';
import type { TraceContext } from '../../order/envelope.ts';
import { traceOf } from '../../trace-context.ts';
import { decodeHeaderText } from '../../transport/cloud-event/header-text.ts';
import type { TransportMessage } from '../../transport/transport.ts';

const plainId = /^[\x21-\x7e]{1,128}$/;

/**
 * Returns the name of a message in idempotency keys and causation ids: its id or, when that has
 * another form, the hash of it. `undefined` for a message without an id.
 */
export function nameOf({ id }: TransportMessage): string | undefined {
  if (id === '') return undefined;
  return plainId.test(id) ? id : `sha256-${hash('sha256', id, 'hex')}`;
}

/** Returns the trace that the sender passed along, in the headers of the message or of the event. */
export function messageTrace({ headers }: TransportMessage): TraceContext | null {
  return (
    traceOf(headers['traceparent'], headers['tracestate']) ??
    traceOf(decoded(headers['ce-traceparent']), decoded(headers['ce-tracestate']))
  );
}

function decoded(value: string | undefined): string | undefined {
  return value === undefined ? undefined : decodeHeaderText(value);
}
