import { OrderchartError } from '../../errors.ts';
import type { JsonObject } from '../../order/values.ts';

/** Returns the error for stored data that cannot be read; `where` names the row. */
export function storeCorrupt(where: string, cause?: unknown): OrderchartError {
  return new OrderchartError(
    'storeCorrupt',
    `Stored data is damaged: ${where}. Restore the store from a backup.`,
    { details: { where }, cause },
  );
}

/** Parses any JSON value; throws `storeCorrupt` for text that is not JSON. */
export function parseJson<Value>(text: string, where: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch (error) {
    throw storeCorrupt(where, error);
  }
}

/** Parses a JSON object; throws `storeCorrupt` for anything else. */
export function parseObject<Value extends object>(text: string, where: string): Value {
  const value = objectOf(text);
  if (value === undefined) throw storeCorrupt(where);
  return value as unknown as Value;
}

/** Parses a JSON array; throws `storeCorrupt` for anything else. */
export function parseList<Value extends readonly unknown[]>(text: string, where: string): Value {
  const value = parsed(text);
  if (!Array.isArray(value)) throw storeCorrupt(where);
  return value as unknown as Value;
}

/** Parses a JSON object; `undefined` for anything else. */
export function objectOf(text: string): JsonObject | undefined {
  const value = parsed(text);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as JsonObject) : undefined;
}

/** Parses any JSON value; `undefined` for text that is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
