import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readPage, root } from './markdown.ts';

/**
 * Compares a part of a page, between `<!-- generated: name -->` and `<!-- end -->`, with what the
 * code gives. With UPDATE_DOCS=1 it is written instead.
 */
export function expectGenerated(path: string, name: string, content: string): void {
  const { text } = readPage(path);
  const start = `<!-- generated: ${name} -->\n`;
  const from = text.indexOf(start);
  expect(from, `${path} has no part "${name}"`).toBeGreaterThan(-1);
  const to = text.indexOf('<!-- end -->', from);
  const wanted = `\n${content}\n\n`;
  if (process.env['UPDATE_DOCS'] !== undefined) {
    writeFileSync(join(root, path), text.slice(0, from + start.length) + wanted + text.slice(to));
    return;
  }
  const hint = `${path} is not what the code gives: run UPDATE_DOCS=1 npx vitest run test/docs`;
  expect(text.slice(from + start.length, to), hint).toBe(wanted);
}
