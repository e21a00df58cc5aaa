import type { JsonValue } from '../order/values.ts';

/**
 * The sizes of parts that were measured before. Orders and events are immutable and share unchanged
 * parts, so an order of a megabyte is measured once, and after each command only the change. Small
 * parts are measured faster than looked up.
 */
const measured = new WeakMap<object, number>();
const worthKeeping = 512;

/** Characters that JSON escapes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes control characters
const escaped = /["\\\u0000-\u001f\ud800-\udfff]/;

/** Returns the length of `JSON.stringify(value)` in bytes of UTF-8. */
export function jsonBytes(value: JsonValue): number {
  if (typeof value === 'string') return textBytes(value);
  if (typeof value === 'number') return String(value).length;
  if (typeof value === 'boolean') return value ? 4 : 5;
  if (value === null) return 4;
  const known = measured.get(value);
  if (known !== undefined) return known;
  const bytes = Array.isArray(value) ? arrayBytes(value) : objectBytes(value as object);
  if (bytes >= worthKeeping && Object.isFrozen(value)) measured.set(value, bytes);
  return bytes;
}

function textBytes(text: string): number {
  return escaped.test(text) ? Buffer.byteLength(JSON.stringify(text)) : Buffer.byteLength(text) + 2;
}

function arrayBytes(values: readonly JsonValue[]): number {
  let bytes = Math.max(2, values.length + 1);
  for (const value of values) bytes += jsonBytes(value);
  return bytes;
}

function objectBytes(value: object): number {
  let bytes = 1;
  for (const [key, entry] of Object.entries(value)) {
    if (entry !== undefined) bytes += textBytes(key) + jsonBytes(entry as JsonValue) + 2;
  }
  return Math.max(2, bytes);
}
