import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPage, root } from './markdown.ts';

const folder = 'docs/decisions';
const files = readdirSync(join(root, folder))
  .filter((name) => name !== 'README.md')
  .toSorted();
const textOf = (name: string) => readPage(`${folder}/${name}`).text;
const titleOf = (name: string) => /^# (\d+)\. (.+)$/m.exec(textOf(name));

describe('decisions', () => {
  it('are numbered one after the other', () => {
    const numbers = files.map((name) => Number(/^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1]));
    expect(numbers).toEqual(files.map((_, index) => index + 1));
  });

  it.each(files)('%s has its number, a title, and a status that leads on', (name) => {
    expect(Number(titleOf(name)?.[1])).toBe(Number(name.slice(0, 4)));
    const status = /^Status: (accepted|superseded by (\d{4}))$/m.exec(textOf(name));
    expect(status, `${name} has no status`).not.toBeNull();
    const successor = status?.[2];
    if (successor !== undefined) {
      expect(files.some((other) => other.startsWith(successor) && other > name)).toBe(true);
    }
  });

  it('are all listed in the index, by their titles', () => {
    const rows = files.map(
      (name) => `| ${titleOf(name)?.[1]} | [${titleOf(name)?.[2]}](${name}) |`,
    );
    const listed = textOf('README.md')
      .split('\n')
      .filter((line) => /^\| \d/.test(line));
    expect(listed).toEqual(rows);
  });
});
