import type { JsonObject } from '../order/values.ts';

/** Makes the error for damaged data. */
type Corrupt = (where: string, cause?: unknown) => Error;

/**
 * Reads text that a store has written; anything else means that its data are damaged.
 *
 * @param corrupt The store's own error, which says what to do about it.
 */
export function storedJson(corrupt: Corrupt) {
  return {
    /** Any value. */
    parseJson: <Value>(text: string, where: string): Value => {
      try {
        return JSON.parse(text) as Value;
      } catch (error) {
        throw corrupt(where, error);
      }
    },
    parseObject: <Value extends object>(text: string, where: string): Value => {
      const value = parsed(text);
      if (isObject(value)) return value as unknown as Value;
      throw corrupt(where);
    },
    parseList: <Value extends readonly unknown[]>(text: string, where: string): Value => {
      const value = parsed(text);
      if (Array.isArray(value)) return value as unknown as Value;
      throw corrupt(where);
    },
    /** An order that is there has had an event. */
    checkVersion: (version: number, where: string): number => {
      if (version < 1) throw corrupt(`${where}, version ${version}`);
      return version;
    },
  } as const;
}

/** The answer to a command; an empty one where it cannot be read: see `CommandRecord`. */
export function outcomeOf(text: string): JsonObject {
  return objectOf(text) ?? {};
}

/** The object that a text is the JSON of, if it is one. */
export function objectOf(text: string): JsonObject | undefined {
  const value = parsed(text);
  return isObject(value) ? value : undefined;
}

/** `undefined` for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
