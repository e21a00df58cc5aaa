import type { JsonValue } from '../order/values.ts';

/**
 * Returns the canonical JSON of a value (RFC 8785): keys sorted by UTF-16 code units, numbers and
 * strings as ECMAScript's JSON writes them. Equal values have equal texts, whatever their key order.
 */
export function canonicalJson(value: JsonValue): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return `${value}`;
  if (isArray(value)) return canonicalArray(value);
  let text = '{';
  // Without a comparison function, sort compares UTF-16 code units, as the standard demands.
  for (const key of Object.keys(value).sort()) {
    if (text.length > 1) text += ',';
    text += `${quoted(key)}:${canonicalJson(value[key] as JsonValue)}`;
  }
  return `${text}}`;
}

function canonicalArray(values: readonly JsonValue[]): string {
  let text = '[';
  for (const value of values) {
    if (text.length > 1) text += ',';
    text += canonicalJson(value);
  }
  return `${text}]`;
}

const mayNeedEscape = /["\\\p{Cc}\p{Cs}]/u;

/** Most texts need no escape, and testing that is much cheaper than `JSON.stringify`. */
function quoted(text: string): string {
  return mayNeedEscape.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/** `Array.isArray` does not narrow read-only arrays. */
function isArray(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}
