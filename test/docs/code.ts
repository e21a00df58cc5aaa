import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { fencesOf, type Page, root } from './markdown.ts';

/** Within the repository, so that the modules resolve the package; one for each test run. */
const folder = join(root, 'test/docs/.generated', String(process.pid));

/** The TypeScript of one page as a module, and what it is to print. */
export interface PageModule {
  readonly page: Page;
  readonly path: string;
  readonly isRun: boolean;
  /** The texts behind `// =>`, in the order of the page. */
  readonly prints: readonly string[];
}

/**
 * Writes the TypeScript blocks of each page into one module per page. Every line keeps its number,
 * so that a compiler or a stack that names a line of the module names the line of the page. Blocks
 * marked `ts check-only` make a module of their own each, which is compiled and not run.
 */
export function writeModules(pages: readonly Page[]): readonly PageModule[] {
  removeModules();
  mkdirSync(folder, { recursive: true });
  return pages.flatMap((page) => [
    ...writeModule(page, 'ts'),
    ...fencesOf(page)
      .filter(({ info }) => info === 'ts check-only')
      .flatMap(({ line }) => writeModule(page, 'ts check-only', line)),
  ]);
}

/** Removes what {@link writeModules} wrote. */
export function removeModules(): void {
  rmSync(folder, { recursive: true, force: true });
}

function writeModule(page: Page, wanted: string, only?: number): readonly PageModule[] {
  const fences = fencesOf(page).filter(
    ({ info, line }) => info === wanted && (only === undefined || line === only),
  );
  if (fences.length === 0) return [];
  const lines: string[] = [];
  for (const { code, line } of fences) {
    while (lines.length < line - 1) lines.push('');
    lines.push(...code.split('\n'));
  }
  const name = page.path.replace(/\.md$/, '').replaceAll('/', '.');
  const path = join(folder, `${name}${only === undefined ? '' : `.${only}`}.ts`);
  const text = `${lines.join('\n')}\nexport {};\n`.replace(
    // The file that a page tells the reader to make is the page's own module.
    /from '\.\/[\w-]+\.ts'/g,
    `from './${name}.ts'`,
  );
  writeFileSync(path, text);
  const prints = [...text.matchAll(/\/\/ => (.*)$/gm)].map(([, printed = '']) => printed);
  return [{ page, path, isRun: only === undefined, prints }];
}

/** What the compiler has against the modules, each as `page:line: message`. */
export function compile(modules: readonly PageModule[]): readonly string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(
    modules.map(({ path }) => path),
    // A page may declare a name that it only talks about.
    { ...options, noUnusedLocals: false, noUnusedParameters: false },
  );
  return modules.flatMap(({ page, path }) => {
    const source = program.getSourceFile(path);
    return ts.getPreEmitDiagnostics(program, source).map(({ start = 0, messageText }) => {
      const { line = 0 } = source?.getLineAndCharacterOfPosition(start) ?? {};
      return `${page.path}:${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
}
