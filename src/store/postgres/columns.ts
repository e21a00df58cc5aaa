import { OrderchartError } from '../../errors.ts';

// A whole column is sent as one text: see migrations/version1-commits.ts. A column of one empty text
// arrives as one of NULL; only `commands.fingerprint` can be empty, and commit_batch handles that.

const separator = '\x1e';
const nothing = '\x1d';

/** Joins ids and other names; throws `storeDefect` for one that contains a separator. */
export function texts(values: readonly (string | null)[]): string {
  for (const value of values) if (value !== null && isAmbiguous(value)) throw controlCharacter();
  return join(values);
}

/** Joins JSON documents, in which control characters are always escaped. */
export function documents(values: readonly (string | null)[]): string {
  return join(values);
}

export function numbers(values: readonly (number | null)[]): string {
  // `join` turns null into the empty text, which is read as NULL.
  return values.join(',');
}

function join(values: readonly (string | null)[]): string {
  return values.map((value) => value ?? nothing).join(separator);
}

/** Returns SQL that splits such a parameter again. */
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
    'The Postgres store received an id with a control character, which the engine never passes.',
  );
}
