import { and, not, or } from 'xstate';

/** A guard of a chart as plain data. */
export type GuardTerm =
  | { readonly is: 'named'; readonly name: string; readonly params: unknown }
  | { readonly is: 'not'; readonly term: GuardTerm }
  | { readonly is: 'and' | 'or'; readonly terms: readonly GuardTerm[] }
  | { readonly is: 'in'; readonly state: string };

/** How to read the guards of one chart. */
export interface GuardReading {
  /** The implementations, by name. */
  readonly implementations: Readonly<Record<string, unknown>>;
  /** Receives the name of every guard that can be asked. */
  readonly asked: Set<string>;
  /** Throws: the chart cannot be learned. */
  readonly refuse: (reason: string) => never;
}

/**
 * Reads a guard of a transition and the guards it is composed of.
 *
 * @param within Names of the enclosing guards. An implementation may itself be a composed guard,
 * and one that contains itself would be read forever.
 */
export function readGuard(
  guard: unknown,
  reading: GuardReading,
  within: readonly string[] = [],
): GuardTerm {
  if (typeof guard === 'string') return readNamed(guard, undefined, reading, within);
  if (typeof guard === 'function') return readComposed(guard, reading, within);
  if (typeof guard === 'object' && guard !== null && 'type' in guard) {
    const params = 'params' in guard ? guard.params : undefined;
    if (typeof params === 'function') {
      reading.refuse(`guard "${String(guard.type)}" has params given by a function`);
    }
    if (!isPlain(params))
      reading.refuse(`guard "${String(guard.type)}" has params that are not JSON`);
    return readNamed(String(guard.type), params, reading, within);
  }
  return reading.refuse('guard is neither a name nor composed of names');
}

/** Labels print parameters as JSON, which fails for anything that JSON cannot represent. */
function isPlain(params: unknown): boolean {
  try {
    return params === undefined || JSON.stringify(params) !== undefined;
  } catch {
    return false;
  }
}

function readNamed(
  name: string,
  params: unknown,
  reading: GuardReading,
  within: readonly string[],
): GuardTerm {
  if (within.includes(name)) reading.refuse(`guard "${name}" refers to itself`);
  if (!Object.hasOwn(reading.implementations, name)) {
    reading.refuse(`guard "${name}" has no implementation`);
  }
  const implementation = reading.implementations[name];
  if (typeof implementation === 'function' && !('check' in implementation)) {
    reading.asked.add(name);
  } else {
    readGuard(implementation, reading, [...within, name]);
  }
  return { is: 'named', name, params };
}

function readComposed(guard: object, reading: GuardReading, within: readonly string[]): GuardTerm {
  if (!('check' in guard)) reading.refuse('inline guard (give it a name in the implementations)');
  if ('stateValue' in guard) {
    return { is: 'in', state: stateLabel(guard.stateValue) };
  }
  const parts: unknown = 'guards' in guard ? guard.guards : undefined;
  const kind = composition(guard);
  if (!Array.isArray(parts)) return reading.refuse('guard is composed in an unknown way');
  const terms = parts.map((part) => readGuard(part, reading, within));
  const [first] = terms;
  if (kind === 'not' && first !== undefined) return { is: 'not', term: first };
  if (kind === 'and' || kind === 'or') return { is: kind, terms };
  return reading.refuse('guard is composed in an unknown way');
}

/**
 * How this guard was composed. Compares the function that evaluates it, because minifiers rename
 * functions. Falls back to the name for a guard made by another copy of XState.
 */
function composition(guard: { readonly check?: unknown; readonly name?: unknown }): unknown {
  return compositions.get(guard.check) ?? guard.name;
}

const compositions = new Map<unknown, 'and' | 'or' | 'not'>([
  [checkOf(and([])), 'and'],
  [checkOf(or([])), 'or'],
  [checkOf(not('')), 'not'],
]);

function checkOf(guard: object): unknown {
  return 'check' in guard ? guard.check : guard;
}

/** Returns a readable form of a guard: `a & !(b | c)`. */
export function guardLabel(term: GuardTerm): string {
  switch (term.is) {
    case 'named':
      return namedLabel(term.name, term.params);
    case 'in':
      return `in ${term.state}`;
    case 'not':
      return `!${nested(term.term)}`;
    case 'and':
    case 'or':
      return composedLabel(term.is, term.terms);
  }
}

/** Returns a readable form of a named guard with its parameters: `atLeast(units=2)`. */
export function namedLabel(name: string, params: unknown): string {
  if (params === undefined) return name;
  if (typeof params !== 'object' || params === null || Array.isArray(params)) {
    return `${name}(${JSON.stringify(params)})`;
  }
  const fields = Object.entries(params).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${name}(${fields.join(', ')})`;
}

/** Returns a readable form of a `stateIn` guard's states: `lifecycle.confirmed`, or `#id`. */
function stateLabel(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const parts = Object.entries(value).map(([key, inner]) => {
    const below = stateLabel(inner);
    return below === '' ? key : `${key}.${below}`;
  });
  return parts.join(' & ');
}

function composedLabel(is: 'and' | 'or', terms: readonly GuardTerm[]): string {
  if (terms.length === 0) return is === 'and' ? 'true' : 'false';
  const labels = terms.map((term) => (term.is === is ? guardLabel(term) : nested(term)));
  return labels.join(is === 'and' ? ' & ' : ' | ');
}

function nested(term: GuardTerm): string {
  const alone = term.is === 'named' || term.is === 'not' || term.is === 'in';
  return alone || term.terms.length < 2 ? guardLabel(term) : `(${guardLabel(term)})`;
}
