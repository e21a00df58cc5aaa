import type { Pool } from 'pg';

/** What a schema consists of, by name, without the name of the schema itself. */
export async function catalogOf(pool: Pool, schema: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ line: string }>(questions.join(' UNION ALL '), [schema]);
  return rows.map(({ line }) => line.replaceAll(schema, '@')).sort();
}

const inSchema = `FROM pg_class AS class JOIN pg_namespace AS space ON space.oid = class.relnamespace
  AND space.nspname = $1`;

const questions = [
  `SELECT format('%s %s (%s)', class.relkind, class.relname, class.reloptions) AS line ${inSchema}`,
  `SELECT format('column %s.%s %s %s, default %s, identity %s, storage %s, collation %s',
     class.relname, attname, format_type(atttypid, atttypmod), attnotnull,
     pg_get_expr(adbin, adrelid), attidentity, attstorage, sorting.collname)
   ${inSchema} JOIN pg_attribute ON attrelid = class.oid AND attnum > 0 AND NOT attisdropped
   LEFT JOIN pg_attrdef ON adrelid = class.oid AND adnum = attnum
   LEFT JOIN pg_collation AS sorting ON sorting.oid = attcollation`,
  `SELECT pg_get_indexdef(class.oid) ${inSchema} WHERE class.relkind = 'i'`,
  `SELECT format('constraint %s.%s %s', class.relname, conname, pg_get_constraintdef(con.oid))
   ${inSchema} JOIN pg_constraint AS con ON conrelid = class.oid`,
  `SELECT pg_get_functiondef(function.oid) FROM pg_proc AS function
   JOIN pg_namespace AS space ON space.oid = pronamespace AND space.nspname = $1`,
];
