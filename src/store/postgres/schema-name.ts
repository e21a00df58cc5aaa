import { text } from '../../options.ts';

/** The keywords that cannot name a schema without quotes: R and T of `pg_get_keywords()`. */
const reserved: ReadonlySet<string> = new Set(
  (
    'all analyse analyze and any array as asc asymmetric authorization binary both case cast check ' +
    'collate collation column concurrently constraint create cross current_catalog current_date ' +
    'current_role current_schema current_time current_timestamp current_user default deferrable ' +
    'desc distinct do else end except false fetch for foreign freeze from full grant group having ' +
    'ilike in initially inner intersect into is isnull join lateral leading left like limit ' +
    'localtime localtimestamp natural not notnull null offset on only or order outer overlaps ' +
    'placing primary references returning right select session_user similar some symmetric ' +
    'system_user table tablesample then to trailing true union unique user using variadic verbose ' +
    'when where window with'
  ).split(' '),
);

/** Checks a name that means the same with and without quotes, so that it works in every tool. */
export function schemaName() {
  return text(
    (name) => /^(?!pg_)[a-z_][a-z0-9_]{0,49}$/.test(name) && !reserved.has(name),
    'be 1 to 50 lower-case letters, digits or _, must not start with a digit or pg_, and must not ' +
      'be a keyword of SQL',
  );
}
