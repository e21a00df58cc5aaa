import { headerText, plainBytes } from '../received.ts';
import type { TransportMessage } from '../transport.ts';

// An entry of a stream is a list of fields and values. The parts of a message are fields that begin
// with a colon, which no header does. Every other field is a header, so the fields that other
// programs add (`XADD payments * type captured amount 500`) become headers.

const own = {
  id: ':id',
  key: ':key',
  type: ':type',
  sequence: ':sequence',
  body: ':body',
} as const;

/** More would not fit on the stack of the server's scripts. */
const maximumHeaders = 1_000;

/** Returns alternating fields and values. */
export function toFields(message: TransportMessage): (string | Buffer)[] {
  const { id, key, type, sequence, headers, body } = message;
  return [
    ...[own.id, id, own.key, key, own.type, type],
    ...(sequence === undefined ? [] : [own.sequence, `${sequence}`]),
    ...Object.entries(headers).flat(),
    ...[own.body, Buffer.from(body.buffer, body.byteOffset, body.byteLength)],
  ];
}

/** Returns why a message can never become an entry, or undefined if it can. */
export function whyNever({ headers }: TransportMessage): string | undefined {
  const names = Object.keys(headers);
  if (names.length > maximumHeaders) return `there are more than ${maximumHeaders} headers.`;
  if (names.some((name) => name.startsWith(':'))) return 'a header begins with a colon.';
  return undefined;
}

/**
 * Converts an entry. `place` becomes the id of a message that another program added without one.
 */
export function fromFields(fields: readonly Buffer[], place: string): TransportMessage {
  const values = new Map<string, Buffer>();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    values.set(`${fields[at]}`, fields[at + 1] as Buffer);
  }
  const id = `${values.get(own.id) ?? ''}`;
  const sequence = `${values.get(own.sequence) ?? ''}`;
  const headers = [...values].filter(([name]) => !name.startsWith(':'));
  return {
    id: /^[\x21-\x7e]{1,200}$/.test(id) ? id : place,
    key: `${values.get(own.key) ?? ''}`,
    type: `${values.get(own.type) ?? ''}`,
    sequence: isSafe(sequence) ? Number(sequence) : undefined,
    headers: Object.fromEntries(
      headers.map(([name, value]) => [name.toLowerCase(), headerText(`${value}`)]),
    ),
    body: plainBytes(values.get(own.body) ?? Buffer.of()),
  };
}

function isSafe(text: string): boolean {
  return /^\d+$/.test(text) && Number.isSafeInteger(Number(text));
}
