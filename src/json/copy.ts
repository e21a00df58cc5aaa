import { hash } from 'node:crypto';
import { OrderchartError } from '../errors.ts';
import type { JsonObject, JsonValue } from '../order/values.ts';
import { canonicalJson } from './canonical.ts';

/** The limits of a command: far above any real order, far below what hurts the process. */
export const commandLimits = {
  /** Levels of nested objects and arrays. */
  depth: 32,
  /** Values of any kind in total. */
  nodes: 50_000,
  /** UTF-16 code units of all strings and keys in total. */
  characters: 1_000_000,
} as const;

/** The limits of a value. */
export type JsonLimits = Readonly<Record<keyof typeof commandLimits, number>>;

/** A traversal of a value: its usage so far, and its position. */
interface Walk {
  readonly limits: JsonLimits;
  nodes: number;
  characters: number;
  readonly path: (string | number)[];
}

/**
 * Returns a plain copy of `value`. Throws `invalidCommand` when it is not JSON within the limits.
 *
 * The engine works on the copy, so a caller that changes its object while the command waits changes
 * nothing, and getters and proxies are read only here. Properties that are `undefined` are left out,
 * as by `JSON.stringify`. Refuses what would not come back from a store unchanged: NaN, infinities,
 * -0, integers beyond 2^53, NUL, lone surrogates, `__proto__`, and anything that is not a plain
 * object, an array, a string, a number, a boolean or null.
 */
export function copyJson(value: unknown, limits: JsonLimits = commandLimits): JsonValue {
  const walk: Walk = { limits, nodes: 0, characters: 0, path: [] };
  try {
    return copyValue(value, 0, walk);
  } catch (error) {
    if (error instanceof OrderchartError) throw error;
    // A getter or a proxy of the caller threw, or the caller's stack is nearly used up.
    throw refusal(walk, 0, 'cannot be read', error);
  }
}

function copyValue(value: unknown, depth: number, walk: Walk): JsonValue {
  walk.nodes += 1;
  if (walk.nodes > walk.limits.nodes) throw refusal(walk, depth, 'is one value too many');
  switch (typeof value) {
    case 'string':
      checkText(value, depth, walk);
      return value;
    case 'number':
      checkNumber(value, depth, walk);
      return value;
    case 'boolean':
      return value;
    case 'object':
      if (value === null) return null;
      if (depth >= walk.limits.depth) throw refusal(walk, depth, 'is nested too deeply');
      return Array.isArray(value)
        ? copyArray(value, depth, walk)
        : copyObject(value as Readonly<Record<string, unknown>>, depth, walk);
    default:
      throw refusal(walk, depth, `is ${typeof value}, which JSON cannot say`);
  }
}

function copyArray(values: readonly unknown[], depth: number, walk: Walk): JsonValue[] {
  const copy: JsonValue[] = [];
  for (let index = 0; index < values.length; index += 1) {
    walk.path[depth] = index;
    copy.push(copyValue(values[index], depth + 1, walk));
  }
  return copy;
}

function copyObject(
  source: Readonly<Record<string, unknown>>,
  depth: number,
  walk: Walk,
): JsonObject {
  if (!isPlain(source)) throw refusal(walk, depth, 'is not a plain object');
  const copy: Record<string, JsonValue> = {};
  for (const key of Object.keys(source)) {
    walk.path[depth] = key;
    checkText(key, depth + 1, walk);
    if (key === '__proto__') throw refusal(walk, depth + 1, 'would reach a prototype');
    const value = source[key];
    if (value !== undefined) copy[key] = copyValue(value, depth + 1, walk);
  }
  return copy;
}

/** Also true for plain objects of another realm (a test runner's sandbox, a worker). */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && !(Symbol.toStringTag in value);
}

function checkText(text: string, depth: number, walk: Walk): void {
  walk.characters += text.length;
  if (walk.characters > walk.limits.characters) throw refusal(walk, depth, 'is too long');
  if (!text.isWellFormed()) throw refusal(walk, depth, 'holds a lone surrogate');
  if (text.includes('\0')) throw refusal(walk, depth, 'holds NUL');
}

function checkNumber(value: number, depth: number, walk: Walk): void {
  if (!Number.isFinite(value)) throw refusal(walk, depth, `is ${value}, which JSON cannot say`);
  if (Object.is(value, -0)) throw refusal(walk, depth, 'is -0; write 0');
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw refusal(walk, depth, 'is an integer beyond 2^53; write it as a string');
  }
}

function refusal(walk: Walk, depth: number, what: string, cause?: unknown): OrderchartError {
  const path = walk.path.slice(0, depth).map(shortened);
  const where = path.length === 0 ? 'The command' : `'${path.join('.')}' of the command`;
  return new OrderchartError('invalidCommand', `${where} ${what}.`, { details: { path }, cause });
}

/** Keys come from the caller: an error must not contain a megabyte of them, or half a character. */
function shortened(key: string | number): string | number {
  return typeof key === 'string' ? key.slice(0, 64).toWellFormed() : key;
}

/** Returns the fingerprint of a command: the hexadecimal SHA-256 of its canonical JSON. */
export function fingerprintOf(value: JsonValue): string {
  return hash('sha256', canonicalJson(value), 'hex');
}
