import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { checkNamedFiles } from './named-files.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

it('a test file that is named and not there is refused, with the name that it has now', () => {
  expect(() => checkNamedFiles(['run', 'test/store/none.test.ts'], root)).toThrow(
    /^There is no test\/store\/none\.test\.ts\.$/,
  );
  expect(() => checkNamedFiles(['run', 'test/store/postgres.test.ts'], root)).toThrow(
    'There is test/store/postgres.faults.test.ts.',
  );
});

it('files, parts of names and folders that are there are taken', () => {
  const named = ['run', './test/tidy.test.ts', 'tidy.test.ts', 'test/engine', '-t', 'a title'];
  expect(() => checkNamedFiles(named, root)).not.toThrow();
});
