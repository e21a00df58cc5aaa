import { readdirSync } from 'node:fs';

/**
 * Refuses a test file that is named on the command line and is not there. Vitest passes over such a
 * name as long as another one matches, so a renamed file would no longer be tested, in silence.
 */
export function checkNamedFiles(commandLine: readonly string[], root: string): void {
  const files = readdirSync(`${root}/test`, { recursive: true, encoding: 'utf8' }).map(
    (path) => `/test/${path.replaceAll('\\', '/')}`,
  );
  const named = commandLine.filter((argument) => argument.endsWith('.test.ts'));
  for (const name of named) {
    if (files.some((path) => path.includes(name.replace(/^\.\//, '')))) continue;
    const other = name.replace(/\.test\.ts$/, '.faults.test.ts');
    const hint = files.some((path) => path.includes(other)) ? ` There is ${other}.` : '';
    throw new Error(`There is no ${name}.${hint}`);
  }
}
