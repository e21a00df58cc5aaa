import { text } from '../../options.ts';

/** What SQL reserves to itself (`pg_get_keywords()` of PostgreSQL, R and T): no bare name of a schema. */
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

/** A name that means the same with and without quotes, so no tool of an operator trips over it. */
export function schemaName() {
  return text(
    (name) => /^(?!pg_)[a-z_][a-z0-9_]{0,49}$/.test(name) && !reserved.has(name),
    'be 1 to 50 lower-case letters, digits or _, no digit first, and neither a word of SQL nor ' +
      'begin with pg_',
  );
}
