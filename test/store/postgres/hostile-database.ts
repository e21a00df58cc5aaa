import { Client } from 'pg';
import { testUrl } from '../../postgres/server.ts';

/** A database in which a stranger has made everything that a bare name could find. */
export interface HostileDatabase extends AsyncDisposable {
  readonly url: string;
  /** How often anything of the stranger's has run: a sequence counts, which no rollback takes back. */
  timesRun(): Promise<number>;
}

let made = 0;

/**
 * Makes in `public`, as somebody who may create there: a function of every name and type that the
 * server has one of, and for each that takes any type one for each of the common types; every
 * operator between any two of those; and types and tables of the server's names.
 */
export async function hostileDatabase(): Promise<HostileDatabase> {
  made += 1;
  const name = `orderchart_hostile_${process.pid.toString(36)}_${Date.now().toString(36)}_${made}`;
  const server = new Client({ connectionString: testUrl() });
  await server.connect();
  await server.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
  const url = new URL(testUrl());
  url.pathname = `/${name}`;
  const stranger = new Client({ connectionString: url.href });
  await stranger.connect();
  await stranger.query(hostileObjects);
  return {
    url: url.href,
    timesRun: async () => {
      const { rows } = await stranger.query(
        'SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS count FROM public.runs',
      );
      return Number(rows[0].count);
    },
    [Symbol.asyncDispose]: async () => {
      await stranger.end();
      await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await server.end();
    },
  };
}

const hostileObjects = `
SET search_path = pg_catalog;
CREATE SEQUENCE public.runs;
CREATE DOMAIN public.text AS pg_catalog.text CHECK (pg_catalog.nextval('public.runs'::regclass) < 0);
CREATE DOMAIN public.regclass AS pg_catalog.text CHECK (pg_catalog.nextval('public.runs'::regclass) < 0);
CREATE TABLE public.pg_settings AS SELECT nextval('public.runs')::text AS name, ''::text AS setting;
CREATE VIEW public.orders AS SELECT nextval('public.runs') AS order_row;
SELECT setval('public.runs', 1, false);
DO $do$
DECLARE
  body constant text := $body$BEGIN
    PERFORM pg_catalog.nextval('public.runs'::pg_catalog.regclass);
    RAISE EXCEPTION 'a stranger runs as %', current_user;
  END$body$;
  types constant text[] := ARRAY['smallint', 'integer', 'bigint', 'numeric', 'double precision', 'boolean',
    'pg_catalog.text', 'character varying', 'pg_catalog.name', 'pg_catalog.regclass', 'pg_catalog.tid',
    'smallint[]', 'integer[]', 'bigint[]', 'pg_catalog.text[]', 'timestamp with time zone'];
  elements constant text[] := ARRAY['smallint', 'integer', 'bigint', 'boolean', 'pg_catalog.text', 'unknown'];
  one record;
  element text;
  signature text;
BEGIN
  FOR one IN
    SELECT DISTINCT proname, ARRAY(SELECT format_type(t, NULL)
      FROM unnest(proargtypes) WITH ORDINALITY AS arg(t, i) ORDER BY i) AS arguments
    FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND pronargs BETWEEN 0 AND 6
      AND prokind IN ('f', 'a', 'w') AND NOT 'internal' = ANY (ARRAY(SELECT format_type(t, NULL) FROM unnest(proargtypes) AS t))
      AND NOT 'cstring' = ANY (ARRAY(SELECT format_type(t, NULL) FROM unnest(proargtypes) AS t))
  LOOP
    FOREACH element IN ARRAY elements LOOP
      signature := (SELECT string_agg(CASE
          WHEN arg = 'anyarray' OR arg = 'anycompatiblearray' THEN element || '[]'
          WHEN arg LIKE 'any%' OR arg = '"any"' THEN element
          WHEN arg = 'text' THEN 'pg_catalog.text' WHEN arg = 'regclass' THEN 'pg_catalog.regclass'
          ELSE arg END, ', ' ORDER BY i) FROM unnest(one.arguments) WITH ORDINALITY AS a(arg, i));
      BEGIN
        EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS bigint LANGUAGE plpgsql AS %L',
          one.proname, coalesce(signature, ''), body);
      EXCEPTION WHEN OTHERS THEN NULL; -- The same once more, or of a type that no function takes.
      END;
      EXIT WHEN NOT EXISTS (SELECT FROM unnest(one.arguments) AS arg WHERE arg LIKE 'any%' OR arg = '"any"');
    END LOOP;
  END LOOP;
  FOR one IN SELECT l, r FROM unnest(types) AS l, unnest(types) AS r LOOP
    EXECUTE format('CREATE FUNCTION public.operate(%s, %s) RETURNS boolean LANGUAGE plpgsql AS %L', one.l, one.r, body);
    FOREACH element IN ARRAY ARRAY['=', '<>', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', '&', '|', '||', '~~', '~', '!~~', '<@', '@>', '&&'] LOOP
      EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.operate)', element, one.l, one.r);
    END LOOP;
  END LOOP;
END
$do$;`;
