import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

// House rules that neither Biome (.biome.json) nor dependency-cruiser (.dependency-cruiser.cjs) can express.

const root = fileURLToPath(new URL('..', import.meta.url));
const textFile = /\.(ts|js|cjs|json|md|csv|sql|yml|yaml)$|^\.ci/;

const files = ['src', 'test', 'examples', 'docs', '.ci', '.']
  .flatMap((folder) => listFiles(folder, folder !== '.'))
  .filter((path) => textFile.test(path) && path !== 'package-lock.json')
  .map((path) => ({ path, lines: readFileSync(join(root, path), 'utf8').split('\n') }));

function listFiles(folder: string, recursive: boolean): string[] {
  try {
    return readdirSync(join(root, folder), { recursive, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll('\\', '/'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Every place in the files under `folder` where `pattern` matches, as `path:line: text`. */
function findAll(folder: RegExp, pattern: RegExp, skipComments = false): string[] {
  return files
    .filter(({ path }) => folder.test(path))
    .flatMap(({ path, lines }) =>
      lines.flatMap((line, index) =>
        pattern.test(line) && !(skipComments && /^\s*(\*|\/\/|\/\*)/.test(line))
          ? [`${path}:${index + 1}: ${line.trim()}`]
          : [],
      ),
    );
}

it('finds the files it is to judge', () => {
  expect(files.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['src/errors.ts', 'test/tidy.test.ts', 'package.json', 'README.md']),
  );
});

it('the rules of orders, charts and stores take time and ids as arguments, never from the host', () => {
  const fromTheHost =
    /\bDate\.now\b|\bMath\.random\b|\bnew Date\(\)|\bperformance\.now\b|\brandom(UUID|Bytes)\b|\bprocess\.\w/;
  // The entry of an adapter is where its defaults are set: it hands the functions on, uncalled.
  const asDefault = /(=|\?\?) (Date\.now|Math\.random)\b(?!\()/g;
  const found = findAll(/^src\/(order|chart|store|transport)\//, fromTheHost, true).filter(
    (place) =>
      !/^src\/(store|transport)\/\w+\/index\.ts:/.test(place) ||
      fromTheHost.test(place.replaceAll(asDefault, '')),
  );
  expect(found).toEqual([]);
});

it('nothing names a folder of the machine it was written on', () => {
  expect(findAll(/./, /(?<![\w.~-])\/(home|root|work|Users|tmp)\/[\w.]/)).toEqual([]);
});

it('the lock file and the npm settings name no registry', () => {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  expect(lock).not.toMatch(/"resolved": "https?:/);
  expect(listFiles('.', false)).not.toContain('.npmrc');
});
