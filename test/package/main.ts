/**
 * Packs the package as it would be published, installs it in an empty folder outside the
 * repository, and uses every entry the way hosts do: from ESM, from CommonJS and from TypeScript.
 * What only works here (a file that is not published, a dependency that is not declared, types
 * that need our settings) fails. Needs `npm run build` to have nothing wrong; it builds by itself.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { linksOf, readPages, resolveLink } from '../docs/markdown.ts';
import { entries } from './entries.ts';

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const repository = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as Manifest;

/** What the tarball may hold. */
const publishable =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/[\w.-]+\.(js|cjs|d\.ts|d\.cts|js\.map|cjs\.map)|docs\/[\w./-]+\.md|examples\/[\w./-]+\.(ts|csv|json|md))$/;

const host = realpathSync(mkdtempSync(join(tmpdir(), 'orderchart-package-')));
try {
  everyEntryIsTried();
  const tarball = packed();
  installed(tarball);
  const withoutPeers = entries.filter(({ peers }) => peers.length === 0);
  done('ESM without optional peers', () => usedFromEsm(withoutPeers));
  done('CommonJS without optional peers', () => usedFromCommonJs(withoutPeers));
  installed(...entries.flatMap(({ peers }) => peers).map(atOurVersion));
  done('ESM', () => usedFromEsm(entries));
  done('CommonJS', () => usedFromCommonJs(entries));
  installed(atOurVersion('@types/node'));
  done('TypeScript', () => usedFromTypeScript(entries));
} finally {
  rmSync(host, { recursive: true, force: true });
}

/** A new entry in package.json without a row in entries.ts would be published untried. */
function everyEntryIsTried(): void {
  const published = Object.keys(manifest.exports).filter((path) => path !== './package.json');
  const tried = entries.map(({ name }) => name.replace('orderchart', '.'));
  assert.deepEqual(published, tried);
}

/** Builds, packs into the host's folder, and looks at what is inside. Gives the tarball's path. */
function packed(): string {
  run(repository, 'npm', 'run', '--silent', 'prepack');
  const output = run(
    repository,
    'npm',
    'pack',
    '--ignore-scripts',
    '--json',
    '--pack-destination',
    host,
  );
  const [report] = Object.values(JSON.parse(output) as Record<string, PackReport>);
  assert(report !== undefined);
  const paths = report.files.map(({ path }) => path);
  const strangers = paths.filter((path) => !publishable.test(path));
  assert.deepEqual(strangers, [], 'the tarball holds files that are not meant to be published');
  for (const path of ['LICENSE', 'README.md', 'CHANGELOG.md']) assert(paths.includes(path), path);
  assert.deepEqual(deadLinks(paths), [], 'pages of the tarball link to files that are not in it');
  console.log(
    `packed ${paths.length} files, ${Math.round(report.unpackedSize / 1024)} KiB unpacked`,
  );
  return join(host, report.filename);
}

/** A reader in node_modules, or on the page of a registry, has only what the tarball holds. */
function deadLinks(paths: readonly string[]): readonly string[] {
  const published = new Set(paths);
  return readPages().flatMap((page) =>
    linksOf(page)
      .filter(({ target }) => !/^(https?:|#)/.test(target))
      .filter(({ target }) => !published.has(resolveLink(page, target.split('#')[0] ?? '')))
      .map(({ target, line }) => `${page.path}:${line}: ${target}`),
  );
}

interface PackReport {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** Adds packages to the host. The first call makes the host. */
function installed(...packages: string[]): void {
  if (packages.length === 1 && packages[0]?.endsWith('.tgz')) {
    write('package.json', '{ "name": "host", "private": true, "type": "module" }');
  }
  // Peers are named one by one, so that the run without the optional ones is honest.
  run(host, 'npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', ...packages);
}

function atOurVersion(name: string): string {
  const version = manifest.devDependencies[name];
  assert(version !== undefined, `${name} is no devDependency`);
  return `${name}@${version}`;
}

function usedFromEsm(used: typeof entries): void {
  const imports = used.map(({ name }, index) => `import * as entry${index} from '${name}';`);
  const assertions = "import assert from 'node:assert/strict';";
  write('use.mjs', [assertions, ...imports, ...used.map(inUse)].join('\n'));
  run(host, 'node', 'use.mjs');
}

function usedFromCommonJs(used: typeof entries): void {
  const imports = used.map(({ name }, index) => `const entry${index} = require('${name}');`);
  const assertions = "const assert = require('node:assert/strict');";
  const uses = ['(async () => {', ...used.map(inUse), '})();'];
  write('use.cjs', [assertions, ...imports, ...uses].join('\n'));
  run(host, 'node', 'use.cjs');
}

function inUse({ exported, use }: (typeof entries)[number], index: number): string {
  return `{
    const entry = entry${index};
    assert.equal(typeof entry.${exported}, 'function', '${exported}');
    ${use}
  }`;
}

/** Both module formats of TypeScript, with the declarations themselves checked (no skipLibCheck). */
function usedFromTypeScript(used: typeof entries): void {
  const imports = used.map(({ name, exported }) => `import { ${exported} } from '${name}';`);
  const uses = used.map(({ exported }) => `export const ${exported}Value: object = ${exported};`);
  const source = [...imports, ...uses].join('\n');
  write('use.mts', source);
  write('use.cts', source);
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022', 'esnext.disposable', 'esnext.iterator'],
    module: 'node16',
    moduleResolution: 'node16',
    strict: true,
    exactOptionalPropertyTypes: true,
    types: ['node'],
    noEmit: true,
  };
  write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['use.mts', 'use.cts'] }));
  run(host, 'node', join(repository, 'node_modules/typescript/bin/tsc'), '--project', host);
}

function write(file: string, content: string): void {
  writeFileSync(join(host, file), `${content}\n`);
}

/** Runs a program to its end and gives its standard output; its errors are shown. */
function run(cwd: string, program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  } catch (error) {
    process.stdout.write(String((error as { stdout?: string }).stdout ?? ''));
    throw error;
  }
}

function done(what: string, step: () => void): void {
  step();
  console.log(`ok ${what}`);
}
