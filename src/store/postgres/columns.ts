import { OrderchartError } from '../../errors.ts';

// Whole columns travel as one text each: see migrations/version1-commits.ts. A column of one
// empty text arrives as a column of nothing; only `commands.fingerprint` is ever empty, and knows.

const separator = '\x1e';
const nothing = '\x1d';

/** Ids and other short texts; throws `storeDefect` for one that holds a separator. */
export function texts(values: readonly (string | null)[]): string {
  for (const value of values) if (value !== null && isAmbiguous(value)) throw controlCharacter();
  return join(values);
}

/** JSON, in which control characters are escaped anyway. */
export function documents(values: readonly (string | null)[]): string {
  return join(values);
}

export function numbers(values: readonly (number | null)[]): string {
  // An array joins null as the empty text, which is what stands for NULL there.
  return values.join(',');
}

function join(values: readonly (string | null)[]): string {
  return values.map((value) => value ?? nothing).join(separator);
}

/** SQL that takes a parameter apart again. */
export const asTexts = (parameter: string): string =>
  `pg_catalog.string_to_array(${parameter}::pg_catalog.text, E'\\x1e', E'\\x1d')`;
export const asBigints = (parameter: string): string =>
  `pg_catalog.string_to_array(${parameter}::pg_catalog.text, ',', '')::bigint[]`;

function isAmbiguous(value: string): boolean {
  return value.includes(separator) || value.includes(nothing);
}

function controlCharacter(): OrderchartError {
  return new OrderchartError(
    'storeDefect',
    'The Postgres store was given an id with a control character; the engine admits none.',
  );
}
