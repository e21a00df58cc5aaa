import { describe, expect, it } from 'vitest';
import { newSchema, testPool, testUrl } from '../postgres/server.ts';
import { outcomeOf, run, runJson } from './marketplace-run.ts';

describe('the sample on a PostgreSQL server', () => {
  it('ends the same in every store', async () => {
    const inMemory = await runJson('--store', 'memory');
    const inSqlite = await runJson('--store', 'sqlite');
    const inPostgres = await runJson('--store', 'postgres', '--url', testUrl());
    const withoutTime = { seconds: 0, commandsPerSecond: 0, store: '' };
    expect({ ...inSqlite, ...withoutTime }).toEqual({ ...inMemory, ...withoutTime });
    expect({ ...inPostgres, ...withoutTime }).toEqual({ ...inMemory, ...withoutTime });
    const names = [inMemory.store, inSqlite.store, inPostgres.store];
    expect(names).toEqual(['memory', 'sqlite', 'postgres']);
  });

  it('goes on where it was interrupted, and changes nothing afterwards, in a PostgreSQL schema', async () => {
    const schema = newSchema();
    const place = ['--store', 'postgres', '--url', testUrl(), '--schema', schema];
    const interrupted = await run(place, { interruptAt: '64 of' });
    expect(interrupted.exitCode).toBe(130);
    expect(interrupted.stderr).toContain(`Everything so far is in the schema ${schema}`);
    const resumed = await runJson(...place);
    expect(resumed.duplicates).toBeGreaterThan(0);
    expect(outcomeOf(resumed)).toEqual(outcomeOf(await runJson('--store', 'memory')));
    expect(await runJson(...place)).toMatchObject({ events: 0, duplicates: resumed.commands });
  });

  it('leaves nothing in the database when no schema is named', async () => {
    const schemas = async () => {
      const { rows } = await testPool().query(
        'SELECT nspname FROM pg_namespace WHERE nspname = $1',
        [`marketplace_${process.pid}`],
      );
      return rows.length;
    };
    const args = ['--store', 'postgres', '--url', testUrl()];
    expect((await run(args, { interruptAt: '22 of' })).stderr).toContain('Nothing is kept');
    expect(await schemas()).toBe(0);
  });

  it.each([
    ['postgres://postgres:hidden@127.0.0.1:1/none', 'orders', 'The database cannot be reached'],
    [undefined, 'Not A Schema', 'createPostgresStore: `schema` must be 1 to 50 lower-case letters'],
  ])('a database at %s, schema %s, is told without a secret', async (url, schema, message) => {
    const place = ['--url', url ?? testUrl(), '--schema', schema];
    const { exitCode, stdout, stderr } = await run(['--store', 'postgres', ...place]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/ {4}at |hidden/);
  });
});
