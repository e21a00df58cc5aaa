import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  fencesOf,
  headingsOf,
  isOutside,
  linksOf,
  readPage,
  readPages,
  resolveLink,
  root,
} from './markdown.ts';

const pages = readPages();
// What GitHub shows beside the repository leads into the documentation.
const beside = ['.github/CONTRIBUTING.md', '.github/SECURITY.md'].map(readPage);

it.each([...pages, ...beside].map((page) => [page.path, page] as const))(
  'the links of %s lead somewhere',
  (_, page) => {
    const broken = linksOf(page)
      .filter(({ target }) => !isOutside(target))
      .filter(({ target }) => !leadsSomewhere(target))
      .map(({ target, line }) => `${page.path}:${line}: ${target}`);
    expect(broken).toEqual([]);

    function leadsSomewhere(target: string): boolean {
      const [path = '', anchor] = target.split('#');
      const resolved = resolveLink(page, path);
      if (!existsSync(join(root, resolved))) return false;
      if (anchor === undefined) return true;
      return headingsOf(readPage(resolved)).some((heading) => heading.anchor === anchor);
    }
  },
);

it('every page can be found from the map', () => {
  // Decisions have an index of their own, which the map leads to.
  const maps = ['docs/README.md', 'docs/decisions/README.md'].map(readPage);
  const listed = maps.flatMap((map) =>
    linksOf(map).map(({ target }) => resolveLink(map, target.split('#')[0] ?? '')),
  );
  const inDocs = pages.map(({ path }) => path).filter((path) => path.startsWith('docs/'));
  expect(inDocs.filter((path) => path !== 'docs/README.md' && !listed.includes(path))).toEqual([]);
});

it('the code of README begins before line 20', () => {
  const [first] = fencesOf(readPage('README.md')).filter(({ info }) => info.startsWith('ts'));
  expect(first?.line).toBeLessThan(20);
});
