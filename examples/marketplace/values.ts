const decimalForm = /^(-?)(\d+)(?:\.(\d+))?$/;

/** A value, or why it could not be read. */
export type Reading<Value> = { readonly value: Value } | { readonly reason: string };

/**
 * Reads a decimal amount into minor units: `49.9` with two decimals is 4990. Works on digits, never
 * on binary fractions, so nothing is rounded.
 */
export function readAmount(text: string, decimals: number): Reading<number> {
  const match = decimalForm.exec(text);
  if (match === null) return { reason: `"${text}" is not an amount like 49.90` };
  const [, sign, whole = '', fraction = ''] = match;
  if (sign === '-') return { reason: `the amount ${text} is below zero` };
  if (fraction.length > decimals) return { reason: `${text} has more than ${decimals} decimals` };
  const value = Number(whole + fraction.padEnd(decimals, '0'));
  return Number.isSafeInteger(value) ? { value } : { reason: `the amount ${text} is too large` };
}

const timeForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z$/;

/** Reads a UTC time like `2017-10-02T10:56Z` into milliseconds since the Unix epoch. */
export function readTime(text: string): Reading<number> {
  const value = timeForm.test(text) ? Date.parse(text) : Number.NaN;
  // Date.parse reads the 31st of a 30-day month as the first of the next month.
  const isReal = value >= 0 && new Date(value).toISOString().startsWith(text.slice(0, 16));
  return isReal ? { value } : { reason: `"${text}" is not a UTC time like 2017-10-02T10:56Z` };
}

const idForm = /^[\x21-\x7e]{1,64}$/;

/** Reads an id: printable ASCII without spaces, at most 64 characters. */
export function readId(text: string): Reading<string> {
  if (idForm.test(text)) return { value: text };
  const shown = JSON.stringify(text.slice(0, 40));
  return { reason: `${shown} is not an id: 1 to 64 printable characters, no spaces` };
}
