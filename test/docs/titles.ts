import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './markdown.ts';

const namers: ReadonlySet<string> = new Set(['it', 'test', 'describe']);

/**
 * The titles of all tests, read from their sources: texts as they are, and patterns for titles
 * that a runner fills in (`%s`). A title with a variable of an enclosing `for (const x of [...])`
 * counts once for each value.
 */
export function readTitles(): readonly RegExp[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .flatMap((path) => titlesIn(readFileSync(join(root, 'test', path), 'utf8')));
}

function titlesIn(text: string): readonly RegExp[] {
  const titles: RegExp[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isNamer(node.expression)) {
      const [title] = node.arguments;
      if (title !== undefined) titles.push(...textsOf(title).filter(saysSomething).map(patternOf));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('test.ts', text, ts.ScriptTarget.Latest, true));
  return titles;
}

/** Whether a file has a test, or a case of a suite, of this title; `%s` in the title is written as such. */
export function hasTitle(path: string, title: string): boolean {
  const text = readFileSync(join(root, path), 'utf8');
  if (path.endsWith('.test.ts')) return titlesIn(text).some((pattern) => pattern.test(title));
  return text.includes(`'${title}'`);
}

/** `it(...)`, `it.each(...)(...)`, `describe.each(...)(...)`. */
function isNamer(callee: ts.Expression): boolean {
  if (ts.isIdentifier(callee)) return namers.has(callee.text);
  if (ts.isPropertyAccessExpression(callee)) return isNamer(callee.expression);
  return ts.isCallExpression(callee) && isNamer(callee.expression);
}

function textsOf(title: ts.Expression): readonly string[] {
  if (ts.isStringLiteralLike(title)) return [title.text];
  if (!ts.isTemplateExpression(title)) return [];
  return title.templateSpans.reduce<readonly string[]>(
    (texts, { expression, literal }) =>
      texts.flatMap((text) =>
        valuesOf(expression).map((value) => `${text}${value}${literal.text}`),
      ),
    [title.head.text],
  );
}

/** What a variable of a loop over literals takes; `%s` for whatever else. */
function valuesOf(expression: ts.Expression): readonly string[] {
  for (let node: ts.Node = expression; node.parent !== undefined; node = node.parent) {
    const loop = node.parent;
    if (!ts.isForOfStatement(loop) || !ts.isArrayLiteralExpression(loop.expression)) continue;
    if (!ts.isVariableDeclarationList(loop.initializer)) continue;
    const [variable] = loop.initializer.declarations;
    if (variable?.name.getText() !== expression.getText()) continue;
    return loop.expression.elements.filter(ts.isStringLiteralLike).map(({ text }) => text);
  }
  return ['%s'];
}

/** A title that a runner fills in as a whole would be a pattern for every text. */
function saysSomething(title: string): boolean {
  return title.replace(/%[sidfjo]/g, '').trim().length > 8;
}

function patternOf(title: string): RegExp {
  const parts = title.split(/%[sidfjo]/).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.+')}$`);
}
