import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run, sample } from './marketplace-run.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderchart-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('what cannot be used', () => {
  it.each([
    [['--speed', '9'], "Unknown option '--speed'. See npm start -- --help."],
    [['orders.csv'], "Unexpected argument 'orders.csv'"],
    [['--data'], "Option '--data <value>' argument missing"],
    [['--store', 'paper'], '--store must be memory, sqlite or postgres, not "paper".'],
    [['--store', 'postgres'], '--store postgres needs --url postgres://'],
    [['--store', 'postgres', '--url', 'x', '--db', 'y'], '--db is the file of the SQLite store'],
    [['--schema', 'orders'], '--url and --schema are for --store postgres.'],
    [['--store', 'memory', '--db', 'x.db'], '--db is the file of the SQLite store'],
    [['--db', ''], '--data, --db, --url and --schema need a value.'],
    [['--data', '/no/such/folder'], '/no/such/folder/orders.csv does not exist.'],
  ])('is told with the way out: %j', async (args, message) => {
    const { exitCode, stdout, stderr } = await run(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('a damaged file is told without a stack trace', async () => {
    const db = join(folder, 'orders.db');
    await writeFile(db, 'this was never a database');
    const { exitCode, stdout, stderr } = await run(['--db', db]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(`${db} is not an SQLite database`);
    expect(stderr).not.toContain('    at ');
  });

  it('a row that cannot be read leaves out its order, and the others go on', async () => {
    await cp(sample, folder, { recursive: true });
    const orders = await readFile(join(folder, 'orders.csv'), 'utf8');
    await writeFile(join(folder, 'orders.csv'), orders.replace('2018-01-03T09:12Z', 'yesterday'));
    const { exitCode, stdout, stderr } = await run(['--data', folder, '--store', 'memory']);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      'orders.csv, line 2, column 24: purchased_at: "yesterday" is not a UTC time like 2017-10-02T10:56Z\n',
    );
    expect(stdout).toContain('1 row could not be read, and 1 order had to be left out');
    expect(stdout).toContain('29 orders on memory');
  });
});
