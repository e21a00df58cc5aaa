import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'test/types/wrong');

/** The lines that the compiler has something against, from 1. */
function refusedLines(path: string): readonly number[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([path], options);
  const source = program.getSourceFile(path);
  const starts = ts
    .getPreEmitDiagnostics(program, source)
    .map(({ start = 0 }) => (source?.getLineAndCharacterOfPosition(start).line ?? -1) + 1);
  return [...new Set(starts)].toSorted((one, other) => one - other);
}

describe('programs that must not compile', () => {
  it.each(readdirSync(folder))('%s: where it is marked, and nowhere else', (name) => {
    const path = join(folder, name);
    const marked = readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line, index) => (line.endsWith('// wrong') ? [index + 1] : []));
    expect(marked.length).toBeGreaterThan(0);
    expect(refusedLines(path)).toEqual(marked);
  });
});
