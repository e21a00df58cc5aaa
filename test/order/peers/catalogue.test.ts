import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type * as scenarioModule from './scenario.ts';
import { type Origin, peers, sourcesOf } from './scenario.ts';

// The scenarios of this folder, counted: where they are from, and how many of them once went wrong.

interface Entry extends Origin {
  readonly file: string;
  readonly sentence: string;
}

const noted = vi.hoisted(() => ({ file: '', entries: [] as Entry[] }));

vi.mock('./scenario.ts', async (importOriginal) => ({
  ...(await importOriginal<typeof scenarioModule>()),
  scenario: (origin: Origin, sentence: string) => {
    noted.entries.push({ ...origin, sentence, file: noted.file });
  },
}));

const ending = '.test.ts';
const files = readdirSync(new URL('.', import.meta.url))
  .filter((name) => name.endsWith(ending) && name !== `catalogue${ending}`)
  .map((name) => name.slice(0, -ending.length));

beforeAll(async () => {
  for (const file of files) {
    noted.file = file;
    await import(`./${file}.test.ts`);
  }
});

describe('the catalogue of what peers met', () => {
  it('has a scenario in every file', () => {
    const empty = files.filter((name) => !noted.entries.some(({ file }) => file === name));
    expect(empty).toEqual([]);
  });

  it('says each scenario once', () => {
    const sentences = noted.entries.map(({ file, sentence }) => `${file}: ${sentence}`);
    expect(new Set(sentences).size).toBe(sentences.length);
  });

  it('names a peer and one of its issues, tests or pages for each', () => {
    const source = new RegExp(
      `^(?:${peers.join('|')}) (?:(?:PR )?#[1-9]\\d*|(?:test|docs): \\S.*)$`,
    );
    const unnamed = noted.entries.filter(
      (entry) => !sourcesOf(entry).every((named) => source.test(named)),
    );
    expect(unnamed).toEqual([]);
  });

  it('says for each what came out before', () => {
    const told = /^(?:right|(?:wrong|could not be said): \S.*)$/;
    expect(noted.entries.filter(({ before }) => !told.test(before))).toEqual([]);
  });

  it('holds enough of them, and mostly such as once went wrong', () => {
    const notRight = noted.entries.filter(({ before }) => before !== 'right');
    expect(noted.entries.length).toBeGreaterThanOrEqual(185);
    expect(notRight.length).toBeGreaterThanOrEqual(130);
  });
});
