import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { formatWithOptions } from 'node:util';
import { afterAll, expect, it, vi } from 'vitest';
import { compile, type PageModule, removeModules, writeModules } from './code.ts';
import { readPages } from './markdown.ts';

// The code of the documentation is one program per page: it compiles with the package's own types,
// runs to its end in an empty folder, and prints what the page says behind `// =>`.

const modules = writeModules(readPages());

afterAll(removeModules);

it('the code of all pages compiles', () => {
  expect(compile(modules)).toEqual([]);
});

it.each(modules.filter(({ isRun }) => isRun).map((module) => [module.page.path, module] as const))(
  'the code of %s runs, and prints what the page says',
  async (_, module) => {
    expect(await run(module)).toEqual(module.prints);
  },
);

async function run({ path }: PageModule): Promise<readonly string[]> {
  const printed: string[] = [];
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'orderchart-docs-')));
  const before = process.cwd();
  const log = vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => {
    printed.push(formatWithOptions({ breakLength: Number.POSITIVE_INFINITY }, ...values));
  });
  process.chdir(folder);
  try {
    await import(/* @vite-ignore */ pathToFileURL(path).href);
  } finally {
    process.chdir(before);
    log.mockRestore();
    rmSync(folder, { recursive: true, force: true });
  }
  return printed;
}
