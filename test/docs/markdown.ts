import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** One page of the documentation. */
export interface Page {
  /** From the folder of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** A block of code between fences. */
export interface Fence {
  /** What follows the opening fence: `ts`, `json`, `ts check-only`. */
  readonly info: string;
  readonly code: string;
  /** The line of the page, from 1, on which the code begins. */
  readonly line: number;
}

export interface Heading {
  readonly level: number;
  /** As written, backticks included. */
  readonly title: string;
  /** What a link to it ends with, as GitHub makes it. */
  readonly anchor: string;
  readonly line: number;
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(join(root, path), 'utf8') };
}

/** Every page: README, CHANGELOG and all of docs/. */
export function readPages(): readonly Page[] {
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll('\\', '/'));
  return ['README.md', 'CHANGELOG.md', ...inDocs.sort()].map(readPage);
}

/** Whether each line stands between fences, the fences included. */
function fenced(lines: readonly string[]): readonly boolean[] {
  let isInside = false;
  return lines.map((line) => {
    const isFence = /^\s*```/.test(line);
    const wasInside = isInside;
    if (isFence) isInside = !isInside;
    return isFence || wasInside;
  });
}

export function fencesOf({ text }: Page): readonly Fence[] {
  const lines = text.split('\n');
  const fences: Fence[] = [];
  let open: { readonly info: string; readonly line: number } | undefined;
  for (const [index, line] of lines.entries()) {
    const info = /^```(.*)$/.exec(line)?.[1];
    if (info === undefined) continue;
    if (open === undefined) open = { info: info.trim(), line: index + 2 };
    else {
      const code = lines.slice(open.line - 1, index).join('\n');
      fences.push({ ...open, code });
      open = undefined;
    }
  }
  return fences;
}

export function headingsOf({ text }: Page): readonly Heading[] {
  const lines = text.split('\n');
  const isFenced = fenced(lines);
  const seen = new Map<string, number>();
  return lines.flatMap((line, index) => {
    const match = isFenced[index] ? null : /^(#+) (.*)$/.exec(line);
    if (match === null) return [];
    const [, marks = '', title = ''] = match;
    const plain = anchorOf(title);
    const count = seen.get(plain) ?? 0;
    seen.set(plain, count + 1);
    const anchor = count === 0 ? plain : `${plain}-${count}`;
    return [{ level: marks.length, title, anchor, line: index + 1 }];
  });
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

/** The text below each heading of a level, by its title without backticks. */
export function sectionsOf(page: Page, level: number): ReadonlyMap<string, string> {
  const lines = page.text.split('\n');
  const headings = headingsOf(page).filter((heading) => heading.level <= level);
  return new Map(
    headings.flatMap((heading, index) => {
      if (heading.level !== level) return [];
      const end = (headings[index + 1]?.line ?? lines.length + 1) - 1;
      const text = lines.slice(heading.line, end).join('\n');
      return [[heading.title.replaceAll('`', ''), text] as const];
    }),
  );
}

/** The tables of a text: of each the rows below its head, cells trimmed. */
export function tablesOf(text: string): readonly (readonly (readonly string[])[])[] {
  const tables: (readonly string[])[][] = [];
  let before = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('|')) {
      if (!before.startsWith('|')) tables.push([]);
      tables.at(-1)?.push(cellsOf(line));
    }
    before = line;
  }
  return tables.map((rows) => rows.slice(2));
}

/** A bar within a cell is written `\|`. */
function cellsOf(line: string): readonly string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** Where the links of a page lead, with the line of each; code is left out. */
export function linksOf(page: Page): readonly { readonly target: string; readonly line: number }[] {
  const lines = page.text.split('\n');
  const isFenced = fenced(lines);
  return lines.flatMap((line, index) => {
    if (isFenced[index]) return [];
    const text = line.replace(/`[^`]*`/g, '``');
    return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({
      target,
      line: index + 1,
    }));
  });
}

/** What the package does not hold (`src`, `test`) is linked to where anybody can read it. */
const repository = 'https://github.com/orderchart/orderchart/blob/main/';

/** Whether a link leads out of the repository. */
export function isOutside(target: string): boolean {
  return /^https?:/.test(target) && !target.startsWith(repository);
}

/** The path, from the folder of the repository, that a link of a page leads to. */
export function resolveLink(page: Page, path: string): string {
  if (path.startsWith(repository)) return path.slice(repository.length);
  return path === '' ? page.path : posix.normalize(posix.join(posix.dirname(page.path), path));
}
