import { provideServer, urlVariable } from './database.ts';

/**
 * Once per run, before the first test: makes sure of a PostgreSQL server and tells every test
 * process where it is. One that was started for the run is stopped after the last test.
 */
export async function setup(): Promise<() => Promise<void>> {
  const server = await provideServer();
  process.env[urlVariable] = server.url;
  return async () => server[Symbol.asyncDispose]();
}
