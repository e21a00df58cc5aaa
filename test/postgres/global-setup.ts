import { missingVariable, provideServer, urlVariable } from './database.ts';

/**
 * Once per run, before the first test: makes sure of a PostgreSQL server and tells every test
 * process where it is. One that was started for the run is stopped after the last test.
 */
export async function setup(): Promise<() => Promise<void>> {
  const server = await provideServer().catch((error: Error) => error);
  if (server instanceof Error) {
    // The tests on PostgreSQL fail, each by its name and with this reason; the others go on.
    process.env[missingVariable] = server.message;
    return async () => {};
  }
  process.env[urlVariable] = server.url;
  return async () => server[Symbol.asyncDispose]();
}
